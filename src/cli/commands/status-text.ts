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
  const newest = targets.reduce<TargetHealth | null>(
    (best, it) => ((it.last[0]?.atMs ?? 0) > (best?.last[0]?.atMs ?? 0) ? it : best),
    null,
  )
  const nextMs = Math.min(...targets.map(({ nextProbeMs }) => nextProbeMs ?? Infinity))
  return [
    name,
    io.paint(COLOURS[health], health),
    agoText(sinceMs, nowMs),
    targets.length === 0 ? '–' : `${up}/${targets.length}`,
    newest === null ? (targets[0]?.notProbed ?? 'no checks') : probeText(newest.last[0], nowMs),
    nextMs === Infinity ? '–' : `in ${durationText(Math.max(0, nextMs - nowMs))}`,
    load.map(({ metric, value }) => `${metric} ${value}`).join(', ') || '–',
    override ?? '–',
  ]
}

function targetRows(target: TargetHealth, nowMs: number, io: Io): string[][] {
  const { check, address, health, sinceMs, notProbed, source, last, nextProbeMs } = target
  const next = nextProbeMs === null ? '–' : `in ${durationText(Math.max(0, nextProbeMs - nowMs))}`
  const [newest, ...older] = last
  const said = notProbed ?? (source === 'lastRun' ? 'as the node knew it when it ran last' : probeText(newest, nowMs))
  return [
    [
      `  ${check}${address === null ? '' : ` ${address}`}`,
      io.paint(COLOURS[health], health),
      agoText(sinceMs, nowMs),
      '',
      said,
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
