import type { Endpoint } from '../../domain/endpoint.ts'
import type { Policy, Step } from '../../domain/policy.ts'
import { type ClientClass, canRunTogether, clientClasses, coverage, runsFor } from './clients.ts'
import { selects } from './selects.ts'

export type HardStep = Step & { readonly kind: 'keep' | 'drop' | 'geofence' }

/** A fence that leaves some clients with no endpoint at all, whatever is up. */
export interface EmptyFence {
  readonly step: HardStep
  /** Every client of the countries, or some of them. */
  readonly whom: 'every' | 'some'
  /** Null: those that nobody can place. */
  readonly countries: readonly (string | null)[]
}

export const isHard = (step: Step): step is HardStep =>
  (step.kind === 'keep' || step.kind === 'drop' || step.kind === 'geofence') && step.hard

/** `drop` of everything with a reason given: said on purpose to send these clients nothing. */
export const isRefusal = (step: Step, policy: Policy): boolean =>
  step.kind === 'drop' &&
  step.hard &&
  step.because !== null &&
  policy.endpoints.every((endpoint) => selects(step.match, endpoint))

/** Endpoints that a hard step leaves: the most it can leave to one of these clients, or the least. */
export function leftBy(
  step: HardStep,
  endpoints: readonly Endpoint[],
  clients: ClientClass,
  bound: 'most' | 'least',
): readonly Endpoint[] {
  if (step.kind === 'keep') return endpoints.filter((endpoint) => selects(step.match, endpoint))
  if (step.kind === 'drop') return endpoints.filter((endpoint) => !selects(step.match, endpoint))
  const covers = bound === 'most' ? ['all', 'some'] : ['all']
  return endpoints.filter(
    (endpoint) => endpoint.serves === null || covers.includes(coverage(endpoint, clients[0] ?? null)),
  )
}

/** The fences that leave somebody nothing. Works on what can be known of a country; refusals made on purpose are no finding. */
export function emptyFences(policy: Policy): readonly EmptyFence[] {
  const hard = policy.steps.filter(isHard)
  if (hard.length === 0 || policy.endpoints.length === 0) return []
  const found = new Map<string, { step: HardStep; whom: 'every' | 'some'; countries: (string | null)[] }>()
  for (const clients of clientClasses(policy)) {
    const empty = emptyFor(policy, hard, clients)
    if (empty === null) continue
    const key = `${empty.step.index} ${empty.whom}`
    const entry = found.get(key) ?? { ...empty, countries: [] }
    entry.countries.push(...clients)
    found.set(key, entry)
  }
  return [...found.values()]
}

/** With more conditional fences than this, each is tried alone, not with every other. */
const MOST_PAIRED = 8

function emptyFor(
  policy: Policy,
  hard: readonly HardStep[],
  clients: ClientClass,
): Pick<EmptyFence, 'step' | 'whom'> | null {
  const running = hard
    .map((step) => ({ step, runs: runsFor(step, policy, clients) }))
    .filter(({ runs }) => runs !== 'never')
  if (running.some(({ step, runs }) => runs === 'always' && isRefusal(step, policy))) return null
  const fences = running.filter(({ step }) => !isRefusal(step, policy) && !namesNobody(step, policy))
  const always = fences.filter(({ runs }) => runs === 'always').map(({ step }) => step)
  const sometimes = fences.filter(({ runs }) => runs === 'sometimes').map(({ step }) => step)

  const certain = firstEmptying(always, policy, clients, 'most')
  if (certain !== null) return { step: certain, whom: 'every' }

  const together = (a: HardStep, b: HardStep) =>
    a === b || (sometimes.length <= MOST_PAIRED && a.index < b.index && canRunTogether(a, b, policy, clients))
  const pairs = sometimes.flatMap((a) => sometimes.filter((b) => together(a, b)).map((b) => [a, b]))
  for (const extra of [[], ...pairs]) {
    const acting = fences.map(({ step }) => step).filter((step) => always.includes(step) || extra.includes(step))
    const possible = firstEmptying(acting, policy, clients, 'least')
    if (possible !== null) return { step: possible, whom: 'some' }
  }
  return null
}

/** A `keep` of nothing at all is the business of another rule, which names the selector. */
const namesNobody = (step: HardStep, policy: Policy): boolean =>
  step.kind === 'keep' && !policy.endpoints.some((endpoint) => selects(step.match, endpoint))

function firstEmptying(
  steps: readonly HardStep[],
  policy: Policy,
  clients: ClientClass,
  bound: 'most' | 'least',
): HardStep | null {
  let left: readonly Endpoint[] = policy.endpoints
  for (const step of steps) {
    left = leftBy(step, left, clients, bound)
    if (left.length === 0) return step
  }
  return null
}
