import type { Health } from '../../domain/facts.ts'
import type { EndpointHealth, HealthEvent, TargetHealth } from '../../domain/health.ts'
import type { StatusDocument } from '../../http/admin/status.ts'
import type { Io } from '../io.ts'
import { formatTable } from '../table.ts'

export function nodeText(
  { about, uptimeSeconds, revision, snapshot, ready, notReady }: StatusDocument,
  io: Io,
): string {
  const state = ready ? io.paint('green', 'ready') : io.paint('red', `not ready: ${notReady.join('; ')}`)
  const policies = revision === null ? 'no policies' : `revision ${revision.number}`
  const facts = snapshot === null ? '' : `, facts ${snapshot.facts} (${snapshot.freshness})`
  return `${about.name} ${about.version}, ${state}, up ${durationText(uptimeSeconds * 1000)}, ${policies}${facts}\n`
}

export interface HealthView {
  readonly nowMs: number
  readonly detail: 'endpoints' | 'probes'
}

const HEADER = ['endpoint', 'health', 'since', 'up', 'last probe', 'next', 'load', 'override']

/** @param overrides by `service/endpoint` */
export function healthText(
  endpoints: readonly EndpointHealth[],
  overrides: ReadonlyMap<string, string | null>,
  view: HealthView,
  io: Io,
): string {
  const rows = endpoints.flatMap((endpoint) => {
    const name = `${endpoint.service}/${endpoint.endpoint}`
    const row = endpointRow(name, endpoint, overrides.get(name) ?? null, view.nowMs, io)
    return view.detail === 'endpoints'
      ? [row]
      : [row, ...endpoint.targets.flatMap((it) => targetRows(it, view.nowMs, io))]
  })
  return formatTable(HEADER, rows, 'lllrllll')
}

function endpointRow(
  name: string,
  { health, sinceMs, targets, load }: EndpointHealth,
  override: string | null,
  nowMs: number,
  io: Io,
): string[] {
  const up = targets.filter((target) => target.health === 'up' || target.health === 'degraded').length
  const telling = tellingTarget(health, targets)
  const nextMs = Math.min(...targets.map(({ nextProbeMs }) => nextProbeMs ?? Infinity))
  return [
    name,
    io.paint(COLOURS[health], health),
    agoText(sinceMs, nowMs),
    targets.length === 0 ? '–' : `${up}/${targets.length}`,
    telling === null ? 'no checks' : `${whereText(telling, targets)}${saidText(telling, nowMs)}`,
    nextMs === Infinity ? '–' : `in ${durationText(Math.max(0, nextMs - nowMs))}`,
    load.map(({ metric, value }) => `${metric} ${value}`).join(', ') || '–',
    override ?? '–',
  ]
}

/** Of the targets the one that shows best why the endpoint is what it is: of those, the one probed last. */
function tellingTarget(health: Health, targets: readonly TargetHealth[]): TargetHealth | null {
  const found = targets.filter(({ source }) => source !== 'composite')
  const alike = found.filter((it) => it.health === health)
  // It is degraded where some of its addresses are down.
  const instead = health === 'degraded' ? found.filter((it) => it.health === 'down') : []
  const [among = targets] = [alike, instead, found].filter(({ length }) => length > 0)
  return among.reduce<TargetHealth | null>(
    (best, it) => (best === null || (it.last[0]?.atMs ?? 0) > (best.last[0]?.atMs ?? 0) ? it : best),
    null,
  )
}

/** Of several, which one it is that says so. */
const whereText = (target: TargetHealth, targets: readonly TargetHealth[]): string =>
  targets.length === 1 ? '' : `${target.check}${target.address === null ? '' : ` ${target.address}`}: `

function saidText({ notProbed, source, last, heldUntilMs }: TargetHealth, nowMs: number): string {
  if (notProbed !== null) return notProbed
  const held =
    heldUntilMs === null ? '' : `; it flaps, and is held down for another ${durationText(heldUntilMs - nowMs)}`
  switch (source) {
    case 'lastRun':
      return 'as the node knew it when it ran last'
    case 'composite':
      return 'goes by other checks'
    case 'heartbeat':
      return last[0] === undefined ? 'no heartbeat yet' : `${last[0].detail}, ${agoText(last[0].atMs, nowMs)}`
    case 'probe':
      return `${probeText(last[0], nowMs)}${held}`
  }
}

function targetRows(target: TargetHealth, nowMs: number, io: Io): string[][] {
  const { check, address, health, sinceMs, last, nextProbeMs } = target
  const next = nextProbeMs === null ? '–' : `in ${durationText(Math.max(0, nextProbeMs - nowMs))}`
  const [newest, ...older] = last
  return [
    [
      `  ${check}${address === null ? '' : ` ${address}`}`,
      io.paint(COLOURS[health], health),
      agoText(sinceMs, nowMs),
      '',
      saidText(target, nowMs),
      next,
      '',
      '',
    ],
    ...older.slice(0, 2).map((it) => ['', '', '', '', probeText(it, nowMs), '', '', '']),
    ...(newest?.warnings ?? []).map((warning) => ['', '', '', '', io.paint('yellow', warning), '', '', '']),
  ]
}

function probeText(probe: TargetHealth['last'][number] | undefined, nowMs: number): string {
  if (probe === undefined) return 'not probed yet'
  const { connectMs, tlsMs, firstByteMs, totalMs } = probe.timings
  const phases = [
    ['connect', connectMs],
    ['TLS', tlsMs],
    ['first byte', firstByteMs],
  ].flatMap(([name, ms]) => (typeof ms === 'number' ? [`${name} ${ms.toFixed(0)}`] : []))
  const timing = `${totalMs.toFixed(0)} ms${phases.length === 0 ? '' : ` (${phases.join(', ')})`}`
  return `${probe.detail}, ${timing}, ${agoText(probe.atMs, nowMs)}`
}

/** Those that the policy leaves out although nothing in their row says so. */
export const outText = ({ services }: StatusDocument, asked: string | undefined): readonly string[] =>
  services
    .filter(({ service }) => asked === undefined || service === asked)
    .flatMap(({ service, endpoints }) =>
      endpoints
        .filter(
          ({ enabled, health, override, out }) => enabled && health !== 'down' && override === null && out !== null,
        )
        .map(({ endpoint, out }) => `nobody is sent to ${service}/${endpoint}: ${out}`),
    )

export function eventsText(events: readonly HealthEvent[], io: Io): string {
  const rows = events.map((event) => {
    const { number, atMs, service, endpoint, check, address, from, to, detail } = event
    const what = [`${service}/${endpoint}`, check, address].filter((it) => it !== null).join(' ')
    const change = `${from} → ${io.paint(COLOURS[to], to)}`
    return [String(number), new Date(atMs).toISOString(), what, change, detail]
  })
  return formatTable(['event', 'at', 'what', 'change', 'because'], rows, 'rllll')
}

const COLOURS = {
  up: 'green',
  degraded: 'yellow',
  down: 'red',
  unknown: 'gray',
} as const satisfies Readonly<Record<Health, string>>

const agoText = (atMs: number, nowMs: number): string => `${durationText(Math.max(0, nowMs - atMs))} ago`

const UNITS: readonly (readonly [ms: number, unit: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
]

/** In the largest unit of which there are two at least: `90 s`, `3 min`. */
function durationText(ms: number): string {
  const [size, unit] = UNITS.find(([it]) => ms >= 2 * it) ?? [1000, 's']
  return `${Math.floor(ms / size)} ${unit}`
}
