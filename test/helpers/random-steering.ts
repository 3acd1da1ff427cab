/** Random databases and policies over a handful of networks, so that edges fall close to one another. */

import { type IpPrefix, parsePrefix } from '../../src/domain/address.ts'
import { type LatencyView, type MonitoredFacts, NO_FACTS, type Unreachable } from '../../src/domain/facts.ts'
import { hashText } from '../../src/domain/hash.ts'
import { distanceView } from '../../src/latency/distance-view.ts'
import type { Snapshot } from '../../src/steering/snapshot.ts'
import { type FakeGeoRow, fakeGeo } from './geo.ts'
import { makeSnapshot, TEST_NOW_MS } from './snapshot.ts'

export interface DrawnSteering {
  readonly snapshot: Snapshot
  /** Steered names. */
  readonly names: readonly string[]
  /** What something tells apart. */
  readonly networks: readonly string[]
}

const COUNTRIES = ['DE', 'FR', 'US', 'JP', 'BR', 'AU'] as const
const POINTS = [
  [50.1, 8.7],
  [39, -77.5],
  [35.7, 139.7],
  [-23.5, -46.6],
] as const
const SERVICES = 4

const oneOf = <T>(list: readonly T[], die: () => number): T => list[die() % list.length] as T
const several = <T>(list: readonly T[], die: () => number): readonly T[] => {
  const drawn = list.filter(() => die() % 3 === 0)
  return drawn.length > 0 ? drawn : [oneOf(list, die)]
}

function drawNetwork(die: () => number): string {
  if (die() % 3 === 0) {
    const length = oneOf([20, 32, 33, 40, 48, 56, 64], die)
    return masked([0x2400 | (die() & 1), die() & 0x3, die() & 0xff00, die() & 0xff00], length, 16, ':')
  }
  const length = oneOf([8, 12, 16, 17, 20, 22, 24, 25, 28], die)
  return masked([oneOf([5, 6, 8, 10, 100], die), die() & 7, die() & 0xff, die() & 0xff], length, 8, '.')
}

function masked(parts: readonly number[], length: number, width: 8 | 16, between: '.' | ':'): string {
  const kept = parts.map((part, index) => {
    const bits = Math.min(width, Math.max(0, length - index * width))
    return (part >> (width - bits)) << (width - bits)
  })
  const text = kept.map((part) => (width === 16 ? part.toString(16) : String(part))).join(between)
  return `${width === 16 ? `${text}::` : text}/${length}`
}

function drawRow(cidr: string, die: () => number): FakeGeoRow {
  const [lat, lon] = oneOf(POINTS, die)
  const place = die() % 3 === 0 ? { lat, lon } : {}
  return { cidr, country: oneOf(COUNTRIES, die), ...place, ...(die() % 2 === 0 ? { asn: 64500 + (die() % 3) } : {}) }
}

const flow = (list: readonly unknown[]): string => JSON.stringify(list)

function drawCondition(networks: readonly string[], die: () => number): string {
  switch (die() % 5) {
    case 0:
      return `country: ${flow(several(COUNTRIES, die))}`
    case 1:
      return `cidr: ${flow(several(networks, die))}`
    case 2:
      return `asn: ${64500 + (die() % 3)}`
    case 3:
      return `continent: ${oneOf(['EU', 'NA', 'AS'], die)}`
    default:
      return `percent: ${1 + (die() % 99)}%`
  }
}

function drawSteps(networks: readonly string[], die: () => number): string {
  const up = [
    '  - up',
    '  - up: { failover: headroom }',
    '  - up: { failover: headroom, degraded: behind, slowStart: 20s }',
  ]
  const steps = [oneOf(up, die)]
  for (let i = die() % 3; i > 0; i--) {
    const [verb, what] = [oneOf(['keep', 'drop'], die), `{ id: ${oneOf(['one', 'two', 'three'], die)} }`]
    steps.push(`  - ${verb}: ${what}\n    when: { ${drawCondition(networks, die)} }`)
  }
  const order = [
    '  - nearest',
    '  - nearest: { within: 500km }',
    '  - fastest',
    '  - fastest: { within: 20ms, explore: 20% }',
  ]
  if (die() % 3 > 0) steps.push(oneOf(order, die))
  const sticky = oneOf(['none', 'network'], die)
  if (die() % 2 === 0)
    steps.push(`  - spread: { by: ${oneOf(['weight', 'equal', 'headroom'], die)}, sticky: ${sticky} }`)
  if (die() % 3 === 0) steps.push('  - take: 2')
  return steps.join('\n')
}

const service = (number: number, networks: readonly string[], die: () => number): string => `service: s${number}
names: { dns: [s${number}.geo.example, s${number}.other.example, s${number}.never.example] }
https: ${oneOf(['true', '{ alpn: [h3, h2] }'], die)}
ttl: 30s
endpoints:
  one: { site: iad, a: [192.0.2.1, 192.0.2.11], aaaa: ['2001:db8::1'], capacity: 100, weight: ${1 + (die() % 4)} }
  two: { site: fra, a: [192.0.2.2, 192.0.2.12, 192.0.2.22], aaaa: ['2001:db8::2', '2001:db8::12'], capacity: 50, weight: ${1 + (die() % 4)} }
  three: { site: nrt, a: [192.0.2.3], capacity: 200, weight: ${die() % 4} }
steer:
${drawSteps(networks, die)}
onAllDown: lastResort
`

const prefixesOf = (networks: readonly string[]): readonly IpPrefix[] =>
  networks.flatMap((text) => {
    const parsed = parsePrefix(text)
    return parsed.ok ? [parsed.prefix] : []
  })

/** Measurements that tell ASNs and networks apart. */
function drawLatency(networks: readonly string[], die: () => number): LatencyView {
  const named = { asns: [64500, 64502].slice(die() % 3), prefixes: prefixesOf(several(networks, die)) }
  const salt = die() % 1000
  return {
    networks: () => named,
    estimate(endpoint, client) {
      const prior = distanceView.estimate(endpoint, client)
      if (prior === null) return null
      const own = hashText(`${client.location.asn} ${client.network?.address.bytes} ${endpoint.id} ${salt}`) % 120
      return { ...prior, rttMs: prior.rttMs + own, source: 'asn', samples: 20 }
    },
  }
}

function drawHealth(die: () => number): MonitoredFacts {
  const down = die() % 3 === 0 ? [die() % 3] : []
  return {
    ...NO_FACTS,
    health: oneOf(['up', 'up', 'degraded', 'down', 'unknown'] as const, die),
    ipv4Down: down,
    ipv6Down: die() % 4 === 0 ? [0] : [],
    load: die() % 2 === 0 ? { load: die() % 120 } : {},
    nextChangeMs: die() % 3 === 0 ? TEST_NOW_MS + (die() % 20_000) : null,
    returnedAtMs: die() % 5 === 0 ? TEST_NOW_MS - (die() % 30_000) : null,
  }
}

function drawReports(networks: readonly string[], die: () => number): readonly Unreachable[] {
  const prefixes = prefixesOf(several(networks, die)).map((prefix) => ({ prefix }))
  const all = die() % 2 === 0 ? [...prefixes, { asn: 64500 + (die() % 3) }] : prefixes
  return all.map((network) => ({ endpoint: die() % 3, network, expiresAtMs: TEST_NOW_MS + 600_000 }))
}

/** One zone believes everybody's client subnets, one some resolvers', one nobody's. */
export function drawSnapshot(die: () => number): DrawnSteering {
  const networks = Array.from({ length: 14 }, () => drawNetwork(die))
  const geo = fakeGeo(networks.slice(0, 10).map((cidr) => drawRow(cidr, die)))
  const zone = (name: string, ecs: string): string =>
    `zone: ${name}\nsoa: { rname: hostmaster.${name}, minimum: 60s }\nns: { ns1.geo.example: [] }\necs: ${ecs}\n`
  const documents: Record<string, string> = {
    'sites.yaml': `sites:
  iad: { lat: 39.04, lon: -77.49, country: US, subdivision: VA }
  fra: { lat: 50.11, lon: 8.68, country: DE }
  nrt: { lat: 35.77, lon: 140.39, country: JP }
`,
    'geo.yaml': zone('geo.example', 'always').replace('ns1.geo.example: []', 'ns1.geo.example: [192.0.2.53]'),
    'other.yaml': zone('other.example', "{ trusted: [5.5.0.0/16, '2400::/16'] }"),
    'never.yaml': zone('never.example', 'never'),
  }
  for (let i = 0; i < SERVICES; i++) documents[`s${i}.yaml`] = service(i, networks, die)
  const names = Array.from({ length: SERVICES }, (_, i) =>
    ['geo', 'other', 'never'].map((zone) => `s${i}.${zone}.example`),
  )
  // The last service knows nothing.
  const known = Array.from({ length: SERVICES - 1 }, (_, i) => `s${i}`)
  const sources = {
    latency: drawLatency(networks, die),
    health: new Map(
      known.map((id) => [id, new Map(['one', 'two', 'three'].map((endpoint) => [endpoint, drawHealth(die)]))]),
    ),
    unreachable: new Map(known.map((id) => [id, die() % 2 === 0 ? drawReports(networks, die) : []])),
  }
  return { snapshot: makeSnapshot({ documents, geo, sources }), names: names.flat(), networks }
}
