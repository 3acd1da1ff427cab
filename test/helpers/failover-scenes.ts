/** Outages of some topologies, for the test and for the bench. */

import type { Policy } from '../../src/domain/policy.ts'
import { type CompactEndpoint, type CompactStep, makeClient, makePolicy, SITES } from './engine.ts'
import type { ClientGroup, World } from './failover-world.ts'

export interface Scene {
  readonly name: string
  readonly endpoints: Readonly<Record<string, CompactEndpoint>>
  /** Between `up` and the end. */
  readonly steps: readonly CompactStep[]
  /** By endpoint id: share of its capacity that is in use before. */
  readonly utilisation: number | Readonly<Record<string, number>>
  readonly events: World['events']
}

const site = (id: string, capacity: number, more: CompactEndpoint = {}): Record<string, CompactEndpoint> => ({
  [id]: { site: id, capacity, ...more },
})

const SIX = {
  ...site('iad', 100),
  ...site('sjc', 100),
  ...site('fra', 100),
  ...site('lhr', 100),
  ...site('nrt', 100),
  ...site('sin', 100),
}

/** Everybody's first outage begins here: by then the loads are known. */
export const FAILS_AT = 30
export const RETURNS_AT = 600

const dies = (second: number, ...ids: readonly string[]) => ({ second, dies: ids })
const outage = (...ids: readonly string[]): World['events'] => [
  dies(FAILS_AT, ...ids),
  { second: RETURNS_AT, lives: ids },
]

export const SCENES: readonly Scene[] = [
  {
    name: 'six equal sites, one fails',
    endpoints: SIX,
    steps: ['nearest', { take: 2 }],
    utilisation: 0.8,
    events: outage('fra'),
  },
  {
    name: 'unequal sites, one of 15% fails',
    endpoints: {
      ...site('iad', 200),
      ...site('sjc', 200),
      ...site('fra', 150),
      ...site('lhr', 50),
      ...site('nrt', 300),
      ...site('sin', 100),
    },
    steps: ['nearest', { take: 1 }],
    utilisation: 0.8,
    events: outage('fra'),
  },
  {
    name: 'the neighbours are fuller than the rest',
    endpoints: SIX,
    steps: ['nearest', { take: 1 }],
    utilisation: { iad: 0.62, sjc: 0.7, fra: 0.8, lhr: 0.98, nrt: 0.85, sin: 0.9 },
    events: outage('fra'),
  },
  {
    name: 'ten sites, two neighbours fail at once',
    endpoints: { ...SIX, ...site('cdg', 100), ...site('gru', 100), ...site('syd', 100), ...site('jnb', 100) },
    steps: ['nearest', { take: 2 }],
    utilisation: 0.78,
    events: outage('fra', 'cdg'),
  },
  {
    name: 'ten sites, a second fails 15 s later',
    endpoints: { ...SIX, ...site('cdg', 100), ...site('gru', 100), ...site('syd', 100), ...site('jnb', 100) },
    steps: ['nearest', { take: 2 }],
    utilisation: 0.78,
    events: [dies(FAILS_AT, 'fra'), dies(FAILS_AT + 15, 'cdg'), { second: RETURNS_AT, lives: ['fra', 'cdg'] }],
  },
  {
    name: 'equals within 1,000 km, spread and sticky',
    endpoints: { ...SIX, ...site('cdg', 100) },
    steps: [{ nearest: { within: { km: 1000 } } }, { spread: { by: 'capacity', sticky: 'network' } }, { take: 2 }],
    utilisation: 0.8,
    events: outage('fra'),
  },
  {
    name: 'residency: Germans stay in Europe',
    endpoints: {
      ...SIX,
      ...site('cdg', 200, { tags: ['eu'] }),
      ...site('fra', 60, { tags: ['eu'] }),
      ...site('lhr', 200, { tags: ['eu'] }),
    },
    steps: [{ keep: { tag: 'eu' }, when: { country: 'DE' }, hard: true }, 'nearest', { take: 1 }],
    utilisation: 0.8,
    events: outage('fra'),
  },
]

export function policyOf(scene: Scene, failover: 'next' | 'headroom'): Policy {
  const up = failover === 'next' ? { slowStart: 0 } : { slowStart: 60, failover: 'headroom' }
  return makePolicy({ endpoints: scene.endpoints, steer: [{ up }, ...scene.steps] })
}

/** Clients at every site, so many that the site is as full as the scene says. */
export function groupsOf({ endpoints, utilisation }: Scene): readonly ClientGroup[] {
  return Object.entries(endpoints).map(([id, { capacity = 1 }]) => ({
    client: makeClient({ at: id, country: SITES[id]!.country, network: '198.51.100.0/24' }),
    demand: capacity * (typeof utilisation === 'number' ? utilisation : (utilisation[id] ?? 0)),
  }))
}

export function worldOf(scene: Scene, failover: 'next' | 'headroom'): World {
  return {
    policy: policyOf(scene, failover),
    groups: groupsOf(scene),
    events: scene.events,
    seconds: 900,
    ttlSeconds: 30,
    reportDelaySeconds: 10,
    detectionSeconds: 4,
    loads: 'remembered',
  }
}

/**
 * Equals that share clients by headroom, with a load of their own beside them that jumps after a minute. Whoever follows the
 * reports at once sends all to the emptiest, learns it late, and sends all away again.
 */
export function sharedWorld(loads: World['loads'], utilisation: number): World {
  const endpoints = { a: { capacity: 100 }, b: { capacity: 100 }, c: { capacity: 200 }, d: { capacity: 50 } }
  const own = (endpoint: number, second: number) => [second < 60 ? 5 : 45, 10, 30, 0][endpoint]!
  return {
    policy: makePolicy({ endpoints, steer: [{ spread: { by: 'headroom', metric: 'load' } }, { take: 1 }] }),
    groups: [{ client: makeClient(), demand: 450 * utilisation - 85 }],
    background: own,
    events: [],
    seconds: 1200,
    ttlSeconds: 30,
    reportDelaySeconds: 10,
    detectionSeconds: 4,
    loads,
  }
}
