import { FRONT_ENDS, type FrontEnd } from '../../domain/client.ts'
import { COUNTRIES } from '../../domain/countries.ts'
import type { Endpoint } from '../../domain/endpoint.ts'
import type { Condition, Policy, Step } from '../../domain/policy.ts'
import { countrySignature, type Truth, truthOf } from './condition-truth.ts'

/** Countries whose clients no step of a policy can tell apart by country; null stands for clients that nobody can place. */
export type ClientClass = readonly (string | null)[]

/** The front ends that a policy has names for. */
export function frontEndsOf({ names }: Policy): readonly FrontEnd[] {
  const used = { dns: names.dns.length > 0, redirect: names.http.length > 0, discovery: names.discovery !== null }
  return FRONT_ENDS.filter((frontEnd) => used[frontEnd])
}

export function clientClasses(policy: Policy): readonly ClientClass[] {
  const known = KNOWN_CLASSES.get(policy) ?? classesOf(policy)
  KNOWN_CLASSES.set(policy, known)
  return known
}

/** Policies never change, and many rules ask. */
const KNOWN_CLASSES = new WeakMap<Policy, readonly ClientClass[]>()

function classesOf(policy: Policy): readonly ClientClass[] {
  const conditions = policy.steps.flatMap((step) => (step.when === null ? [] : [step.when]))
  const classes = new Map<string, (string | null)[]>()
  for (const country of [null, ...COUNTRIES.keys()]) {
    const signature = [
      ...conditions.map((condition) => countrySignature(condition, country)),
      ...policy.endpoints.map((endpoint) => coverage(endpoint, country)),
    ].join(';')
    const members = classes.get(signature)
    if (members === undefined) classes.set(signature, [country])
    else members.push(country)
  }
  return [...classes.values()]
}

/** How much of a country's clients `serves` covers. */
export function coverage({ serves }: Endpoint, country: string | null): 'all' | 'some' | 'none' {
  if (serves === null) return 'none'
  const continent = COUNTRIES.get(country ?? '')?.continent
  if (country !== null && serves.countries.includes(country)) return 'all'
  if (continent !== undefined && serves.continents.includes(continent)) return 'all'
  const inside = serves.subdivisions.some((code) => country !== null && code.startsWith(`${country}-`))
  return inside || serves.asns.length > 0 || serves.prefixes.length > 0 ? 'some' : 'none'
}

/** For which of these clients a step acts, in any front end that the policy has. */
export const runsFor = (step: Step, policy: Policy, clients: ClientClass): Truth =>
  step.when === null ? 'always' : holdsFor(step.when, step.assume, policy, clients)

/** Whether two steps can act for one and the same client. */
export function canRunTogether(a: Step, b: Step, policy: Policy, clients: ClientClass): boolean {
  const both: Condition = { kind: 'all', of: [a, b].flatMap((step) => (step.when === null ? [] : [step.when])) }
  return holdsFor(both, a.assume === true && b.assume === true, policy, clients) !== 'never'
}

function holdsFor(condition: Condition, assume: boolean | null, policy: Policy, clients: ClientClass): Truth {
  const country = clients[0] ?? null
  const truths = frontEndsOf(policy).map((frontEnd) =>
    truthOf(
      condition,
      { country, frontEnd, hidden: hiddenFrom(frontEnd, policy) },
      assume === true && assumes(frontEnd),
    ),
  )
  const [first = 'never'] = truths
  return truths.every((truth) => truth === first) ? first : 'sometimes'
}

const OF_THE_REQUEST: ReadonlySet<Condition['kind']> = new Set(['tenant', 'header', 'cookie', 'path', 'host'])
const OF_THE_SERVICE: ReadonlySet<Condition['kind']> = new Set(['path', 'host'])
const OF_THE_TENANT: ReadonlySet<Condition['kind']> = new Set(['path', 'host', 'tenant'])
const NOTHING: ReadonlySet<Condition['kind']> = new Set()

/**
 * What a front end cannot see. DNS has no request. Discovery has one, but its host and path are the API's own, so it knows
 * neither those of the service nor a tenant who is told by them.
 */
export function hiddenFrom(frontEnd: FrontEnd, { tenants }: Policy): ReadonlySet<Condition['kind']> {
  switch (frontEnd) {
    case 'dns':
      return OF_THE_REQUEST
    case 'redirect':
      return NOTHING
    case 'discovery':
      return tenants.some((source) => source.from === 'header') ? OF_THE_SERVICE : OF_THE_TENANT
  }
}

/** Whether `assume` counts there. Discovery does have a request: a condition on it is false, not unseen. */
export const assumes = (frontEnd: FrontEnd): boolean => frontEnd === 'dns'
