/**
 * A story in six chapters: four backends, a world of clients, and what Nearcast makes of what happens to them. About
 * a hundred seconds; `--seconds N` sets the length of a chapter, `--plain` prints one table after the other, `--state DIR` says where
 * the compiled geo database is kept.
 *
 *     npm run demo
 */

import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { EndpointHealth } from '../../src/domain/health.ts'
import { type Clients, startClients } from './clients.ts'
import { CAPACITY, documentsFor, REGIONS, SITES } from './sites.ts'
import { tableText } from './table.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '16' },
    plain: { type: 'boolean', default: false },
    state: { type: 'string', default: '.nearcast/demo' },
  },
})
const chapterSeconds = Number(values.seconds)
if (!Number.isInteger(chapterSeconds) || chapterSeconds < 1) {
  throw new Error(`--seconds is ${values.seconds}; expected a whole number of 1 or more`)
}
const isRedrawn = process.stdout.isTTY && !values.plain

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url))
const print = (line = ''): void => void process.stdout.write(`${line}\n`)

const backends = new Map<string, ChildProcess>()
const nodes: ChildProcess[] = []
const folder = await mkdtemp(join(tmpdir(), 'nearcast-demo-'))

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { readonly port: number }
  server.close()
  await once(server, 'close')
  return port
}

async function startBackend(id: string, port: number): Promise<void> {
  const address = SITES.find((site) => site.id === id)?.address ?? ''
  const child = fork(pathOf('backend.ts'), [address, String(port), String(CAPACITY)])
  backends.set(id, child)
  await once(child, 'message')
}

interface Ports {
  readonly dns: number
  readonly admin: number
}

async function startNode(webPort: number): Promise<Ports> {
  const policies = join(folder, 'policies')
  await mkdir(policies)
  for (const [name, text] of Object.entries(documentsFor(webPort))) await writeFile(join(policies, name), text)
  const ports = { dns: await freePort(), admin: await freePort() }
  const listen = ['--dns', `127.0.0.1:${ports.dns}`, '--admin', `127.0.0.1:${ports.admin}`]
  const off = ['--redirect', 'off', '--discovery', 'off', '--log-level', 'error']
  const folders = ['--policies', policies, '--state', values.state, '--geo-data', join(folder, 'none')]
  const node = spawn(process.execPath, [pathOf('../../src/main.ts'), 'serve', ...listen, ...off, ...folders], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  nodes.push(node)
  print('Starting a node; a geo database is compiled the first time, which takes some seconds.')
  for (;;) {
    if (node.exitCode !== null) throw new Error(`the node ended with ${node.exitCode}`)
    const answer = await fetch(`http://127.0.0.1:${ports.admin}/readyz`).catch(() => null)
    if (answer?.ok === true) return ports
    await delay(200)
  }
}

async function healthOf(admin: number): Promise<readonly EndpointHealth[]> {
  const response = await fetch(`http://127.0.0.1:${admin}/v1/health`)
  const { endpoints } = (await response.json()) as { readonly endpoints: readonly EndpointHealth[] }
  return endpoints
}

/** Shows the table once a second. */
async function tell(chapter: string, clients: Clients, admin: number): Promise<void> {
  for (let second = 1; second <= chapterSeconds; second++) {
    await delay(1000)
    const taken = clients.taken()
    const sum = [...taken.values()].reduce((total, count) => total + count, 0)
    const health = await healthOf(admin)
    const rows = SITES.map(({ id, address }) => {
      const row = {
        share: (taken.get(address) ?? 0) / Math.max(1, sum),
        health: health.find((it) => it.endpoint === id),
      }
      return [address, row] as const
    })
    const text = tableText(chapter, second, new Map(rows))
    if (isRedrawn && second > 1) process.stdout.write(`\u001b[${text.split('\n').length}A\u001b[J`)
    if (isRedrawn || second % 4 === 0 || second === chapterSeconds) print(text)
  }
  print()
}

async function story(): Promise<void> {
  const webPort = await freePort()
  for (const { id } of SITES) await startBackend(id, webPort)
  const { dns, admin } = await startNode(webPort)
  const clients = await startClients(REGIONS, dns, webPort)
  try {
    await tell('All is well: everybody gets the nearest.', clients, admin)
    backends.get('frankfurt')?.kill('SIGKILL')
    await tell(
      'Frankfurt is killed: its clients are dealt over the others by what those can still carry.',
      clients,
      admin,
    )
    await startBackend('frankfurt', webPort)
    await tell('Frankfurt is back: it takes its clients back slowly.', clients, admin)
    backends.get('tokyo')?.send({ delayMs: 300 })
    await tell('Tokyo is slow: it is degraded, and falls behind.', clients, admin)
    backends.get('tokyo')?.send({ delayMs: 0 })
    clients.setDemand('North America', 1.8)
    await tell('Tokyo recovers; North America has nearly twice as many clients: Virginia sheds.', clients, admin)
    clients.setDemand('North America', 1)
    await tell('And all is well again.', clients, admin)
  } finally {
    clients.stop()
  }
}

try {
  await story()
} finally {
  for (const child of [...backends.values(), ...nodes]) child.kill('SIGTERM')
  await rm(folder, { recursive: true, force: true })
}
