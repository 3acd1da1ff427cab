/**
 * What probing costs: many endpoints, each at an address of its own of the loopback, one server behind them all.
 *
 *     npm run bench:probes -- [--endpoints 10000] [--every 10] [--seconds 60]
 *
 * Needs gcc for the load generator of bench/dns.
 */

import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { compileC, createGenerator, type Outcome } from '../dns/generator.ts'
import { cpuMicroseconds, freePort, residentMegabytes } from '../dns/processes.ts'
import { composeQueries } from '../dns/queries.ts'
import { NAME, ZONE } from '../dns/zone.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const { values } = parseArgs({
  options: {
    endpoints: { type: 'string', default: '10000' },
    every: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '60' },
  },
})
const [endpoints, everySeconds, seconds] = [values.endpoints, values.every, values.seconds].map(Number) as [
  number,
  number,
  number,
]
const PER_SERVICE = 100
/** Compiled geo databases are kept from run to run. */
const GEO_CACHE = here('../../node_modules/.cache/nearcast-geo')
const FULL_SPEED_SECONDS = 3

const zone = `zone: ${ZONE}
soa: { rname: hostmaster.${ZONE} }
ns: { ns1.${ZONE}: [127.0.0.1], ns2.${ZONE}: [127.0.0.2] }
`

const addressOf = (index: number): string => `127.${1 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`

function policy(service: number, port: number): string {
  const first = service * PER_SERVICE
  const own = Array.from({ length: Math.min(PER_SERVICE, endpoints - first) }, (_, index) => first + index)
  return `service: s${service}
names: { dns: [${service === 0 ? NAME : `s${service}.${ZONE}`}], discovery: s${service} }
endpoints:
${own.map((index) => `  e${index}: { a: [${addressOf(index)}] }`).join('\n')}
checks:
  web: { http: /healthz, port: ${port}, every: ${everySeconds}s, timeout: ${Math.min(2, everySeconds)}s }
steer: [up, { spread: { by: equal } }, { take: 1 }]
`
}

interface Metrics {
  readonly probes: ReadonlyMap<string, number>
  /** Upper bounds of the delay in seconds, each with how many probes began no later. */
  readonly delays: readonly (readonly [seconds: number, count: number])[]
}

async function readMetrics(admin: number): Promise<Metrics> {
  const text = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text()
  const probes = [...text.matchAll(/^nearcast_probes_total\{kind="http",outcome="(\w+)"\} (\d+)$/gm)]
  const delays = [...text.matchAll(/^nearcast_probe_delay_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm)]
  return {
    probes: new Map(probes.map(([, outcome = '', count]) => [outcome, Number(count)])),
    delays: delays.map(([, bound, count]) => [bound === '+Inf' ? Infinity : Number(bound), Number(count)]),
  }
}

/** The least bound that 99 of 100 of the probes between the two readings kept, ms. */
function delayP99Ms(before: Metrics, after: Metrics): number {
  const counts = after.delays.map(([bound, count], index) => [bound, count - (before.delays[index]?.[1] ?? 0)] as const)
  const all = counts.at(-1)?.[1] ?? 0
  return (counts.find(([, count]) => count >= all * 0.99)?.[0] ?? Infinity) * 1_000
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'nearcast-probes-'))
  const policies = join(folder, 'policies')
  mkdirSync(policies)
  mkdirSync(GEO_CACHE, { recursive: true })
  mkdirSync(join(folder, 'state'))
  symlinkSync(GEO_CACHE, join(folder, 'state', 'geo'))
  const [backendPort, dns, discovery, admin] = [await freePort(), await freePort(), await freePort(), await freePort()]
  writeFileSync(join(policies, 'test.zone.yaml'), zone)
  for (let service = 0; service * PER_SERVICE < endpoints; service++) {
    writeFileSync(join(policies, `s${service}.yaml`), policy(service, backendPort))
  }
  const backend = fork(here('backend.ts'), [String(backendPort)])
  await once(backend, 'message')
  const listen = Object.entries({ dns, discovery, admin }).flatMap(([name, port]) => [`--${name}`, `127.0.0.1:${port}`])
  const folders = ['--policies', policies, '--state', join(folder, 'state'), '--geo-data', join(folder, 'none')]
  const flags = ['--redirect', 'off', '--dns-rate-limit', '0', '--dns-workers', '1', '--log-level', 'error']
  const node = spawn(process.execPath, [here('../../src/main.ts'), 'serve', ...listen, ...folders, ...flags], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const pid = node.pid ?? 0
  try {
    const startedMs = performance.now()
    while (!(await fetch(`http://127.0.0.1:${admin}/readyz`).catch(() => null))?.ok) {
      if (node.exitCode !== null) throw new Error(`the node ended with ${node.exitCode}`)
      await delay(200)
    }
    say(`${endpoints} endpoints, each probed every ${everySeconds} s by HTTP; ready after ${secondsSince(startedMs)} s`)
    await delay(2 * everySeconds * 1_000)
    await measure('probing alone', pid, admin)

    const generator = createGenerator(compileC('generator', folder), folder, new AbortController().signal)
    const queries = join(folder, 'queries')
    writeFileSync(queries, composeQueries('ecs'))
    const full = await generator.closed(dns, queries, FULL_SPEED_SECONDS)
    const half = Math.round(answersPerSecond(full) / 2)
    await measure(`and ${half} DNS queries/s, half of what it can`, pid, admin, () =>
      generator.paced(dns, queries, seconds, half),
    )
  } finally {
    node.kill('SIGTERM')
    backend.kill()
    if (node.exitCode === null) await once(node, 'exit')
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The endpoints have IPv4 addresses only: every other query, for AAAA, gets an answer without a record. */
const answersPerSecond = ({ answered, bad, seconds: took }: Outcome): number => (answered + bad) / took

const say = (line: string): boolean => process.stdout.write(`${line}\n`)
const secondsSince = (sinceMs: number): string => ((performance.now() - sinceMs) / 1_000).toFixed(1)

async function measure(what: string, pid: number, admin: number, load?: () => Promise<Outcome>): Promise<void> {
  const before = await readMetrics(admin)
  const [startedMs, cpuBefore] = [performance.now(), cpuMicroseconds(pid)]
  const outcome = load === undefined ? await delay(seconds * 1_000, null) : await load()
  const wallMs = performance.now() - startedMs
  const cpuShare = (cpuMicroseconds(pid) - cpuBefore) / 1_000 / wallMs
  const after = await readMetrics(admin)
  const count = (name: string): number => (after.probes.get(name) ?? 0) - (before.probes.get(name) ?? 0)
  const all = count('pass') + count('degraded') + count('fail')
  say(`\n${what}, ${Math.round(wallMs / 1_000)} s:`)
  say(`  probes a second   ${Math.round((all * 1_000) / wallMs)}, of which ${count('fail')} failed in all`)
  say(`  CPU               ${(cpuShare * 100).toFixed(1)}% of one core`)
  say(`  begin after due   99% within ${delayP99Ms(before, after)} ms`)
  say(`  resident          ${Math.round(residentMegabytes(pid))} MB`)
  if (outcome === null) return
  say(
    `  DNS               ${Math.round(answersPerSecond(outcome))} answers/s, ${outcome.lost} of ${outcome.sent} queries lost`,
  )
}

await main()
