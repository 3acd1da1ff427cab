import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { HealthEvent } from '../../src/domain/health.ts'
import { freePort } from '../dns/processes.ts'
import type { Backend } from './backends.ts'
import type { Ports } from './watchers.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export interface Node {
  readonly ports: Ports
  /** Changes of endpoints' health that are newer than `after`, oldest first. */
  events(after: number): Promise<readonly HealthEvent[]>
  stop(): Promise<void>
}

/** How one service steers to its three endpoints. */
export interface ServicePlan {
  /** The first that is up, or all by turns. */
  readonly steer: 'inOrder' | 'equally'
  readonly slowStart: string
}

/** Starts a node with a service for each backend, called as it is and beginning with it, and returns when it is ready. */
export async function startNode(backends: readonly Backend[], backendPort: number, plan: ServicePlan): Promise<Node> {
  const folder = await mkdtemp(join(tmpdir(), 'nearcast-failover-'))
  const policies = join(folder, 'policies')
  await mkdir(policies)
  await writeFile(join(policies, 'geo.example.zone.yaml'), ZONE)
  for (const [index, { id }] of backends.entries()) {
    const order = [...backends.slice(index), ...backends.slice(0, index)]
    await writeFile(join(policies, `${id}.yaml`), serviceText(id, order, backendPort, plan))
  }
  const ports = { dns: await freePort(), redirect: await freePort(), discovery: await freePort() }
  const admin = await freePort()
  const listen = Object.entries({ ...ports, admin }).flatMap(([name, port]) => [`--${name}`, `127.0.0.1:${port}`])
  const folders = ['--policies', policies, '--state', join(folder, 'state'), '--geo-data', join(folder, 'none')]
  const child = spawn(process.execPath, [MAIN, 'serve', ...listen, ...folders, '--log-level', 'warn'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await untilReady(admin, child)
  return {
    ports,
    async events(after) {
      const response = await fetch(`http://127.0.0.1:${admin}/v1/events?after=${after}`)
      const { events } = (await response.json()) as { readonly events: readonly HealthEvent[] }
      return events.filter(({ check, service, endpoint }) => check === null && service === endpoint)
    },
    async stop() {
      const isGone = child.exitCode !== null || child.signalCode !== null
      if (!isGone && child.kill('SIGTERM')) await once(child, 'exit')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const ZONE = `zone: geo.example
soa: { rname: hostmaster.geo.example }
ns: { ns1.geo.example: [127.0.0.1], ns2.geo.example: [127.0.0.2] }
`

const serviceText = (
  service: string,
  backends: readonly Backend[],
  port: number,
  { steer, slowStart }: ServicePlan,
): string =>
  `service: ${service}
names: { dns: [${service}.geo.example], http: [${service}.example], discovery: ${service} }
ttl: 1s
endpoints:
${backends.map(({ id, address }) => `  ${id}: { a: [${address}], url: 'http://${address}:${port}' }`).join('\n')}
checks:
  web: { http: /healthz, port: ${port}, every: 1s, timeout: 500ms, fall: 2, rise: 2 }
steer:
  - up: { slowStart: ${slowStart} }
  - ${steer === 'inOrder' ? `prefer: [${backends.map(({ id }) => `{ id: ${id} }`).join(', ')}]` : 'spread: { by: equal }'}
  - take: 1
`

const READY_WITHIN_MS = 90_000

async function untilReady(admin: number, child: ChildProcess): Promise<void> {
  const startedMs = performance.now()
  while (performance.now() - startedMs < READY_WITHIN_MS) {
    if (child.exitCode !== null) throw new Error(`the node ended with ${child.exitCode}`)
    const answer = await fetch(`http://127.0.0.1:${admin}/readyz`).catch(() => null)
    if (answer?.ok === true) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  child.kill('SIGKILL')
  throw new Error(`the node was not ready within ${READY_WITHIN_MS / 1000} s`)
}
