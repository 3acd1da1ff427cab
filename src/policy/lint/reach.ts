import type { Endpoint } from '../../domain/endpoint.ts'
import type { Policy, Selector, Step } from '../../domain/policy.ts'
import { type ClientClass, clientClasses, coverage, runsFor } from './clients.ts'
import { type HardStep, isHard, leftBy } from './fences.ts'
import { selects } from './selects.ts'

/** Why an endpoint can never be an answer. */
export type Unreachable =
  | { readonly endpoint: Endpoint; readonly why: 'fenced'; readonly step: HardStep }
  /** Without `up` nothing in front of it ever goes away. */
  | { readonly endpoint: Endpoint; readonly why: 'behind' }

/** Enabled endpoints that no client, in any state of health, can be sent to. */
export function unreachable(policy: Policy): readonly Unreachable[] {
  const classes = clientClasses(policy)
  const passing = new Set(classes.flatMap((clients) => passFences(policy, clients)))
  const first = new Set(classes.flatMap((clients) => canBeFirst(policy, clients)))
  const asked = policy.endpoints.filter((endpoint) => endpoint.enabled && !isStaticAnswer(endpoint, policy))
  return asked.flatMap((endpoint): Unreachable[] => {
    if (!passing.has(endpoint)) {
      const step = fenceAgainst(endpoint, policy, classes)
      return step === undefined ? [] : [{ endpoint, why: 'fenced', step }]
    }
    return first.has(endpoint) ? [] : [{ endpoint, why: 'behind' }]
  })
}

const isStaticAnswer = (endpoint: Endpoint, { onAllDown }: Policy): boolean =>
  onAllDown.mode === 'static' && 'endpoint' in onAllDown && onAllDown.endpoint === endpoint.index

/** Endpoints that pass the hard steps which act on all these clients. */
export function passFences(policy: Policy, clients: ClientClass): readonly Endpoint[] {
  return policy.steps
    .filter(isHard)
    .filter((step) => runsFor(step, policy, clients) === 'always')
    .reduce<readonly Endpoint[]>((left, step) => leftBy(step, left, clients, 'most'), policy.endpoints)
}

/** The first fence that takes it away from somebody. */
const fenceAgainst = (endpoint: Endpoint, policy: Policy, classes: readonly ClientClass[]): HardStep | undefined =>
  policy.steps
    .filter(isHard)
    .find((step) =>
      classes.some(
        (clients) =>
          runsFor(step, policy, clients) === 'always' &&
          !leftBy(step, policy.endpoints, clients, 'most').includes(endpoint),
      ),
    )

/** The tier in front when all is known; all that pass the fences as soon as something in the chain can change the order. */
function canBeFirst(policy: Policy, clients: ClientClass): readonly Endpoint[] {
  const passing = passFences(policy, clients)
  let front = passing
  for (const step of policy.steps) {
    const runs = runsFor(step, policy, clients)
    if (runs === 'never') continue
    const tiers = runs === 'always' ? tiersOf(step, front, clients) : null
    if (tiers === null) return passing
    front = tiers.find((tier) => tier.length > 0) ?? front
  }
  return front
}

/** How a step splits the front, best first; null when that hangs on health, load, a draw or more than the country. */
function tiersOf(
  step: Step,
  front: readonly Endpoint[],
  clients: ClientClass,
): readonly (readonly Endpoint[])[] | null {
  const split = (match: Selector) => [
    front.filter((endpoint) => selects(match, endpoint)),
    front.filter((endpoint) => !selects(match, endpoint)),
  ]
  switch (step.kind) {
    case 'keep':
      return split(step.match)
    case 'drop':
      return split(step.match).reverse()
    case 'prefer':
      return step.tricklePercent > 0
        ? null
        : step.tiers.map((tier) => front.filter((endpoint) => selects(tier, endpoint)))
    case 'geofence': {
      const how = (wanted: string) => front.filter((endpoint) => coverage(endpoint, clients[0] ?? null) === wanted)
      if (how('some').length > 0) return null
      return [how('all'), front.filter((endpoint) => endpoint.serves === null), how('none')]
    }
    case 'up':
    case 'shed':
      return null
    case 'nearest':
    case 'fastest':
    case 'spread':
    case 'take':
      return [front]
  }
}
