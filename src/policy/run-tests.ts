import { formatPrefix } from '../domain/address.ts'
import type { Client, RequestAttributes } from '../domain/client.ts'
import { type EndpointFacts, NO_FACTS } from '../domain/facts.ts'
import { matchesGlob } from '../domain/glob.ts'
import { DEPENDS, type Plan } from '../domain/plan.ts'
import type { Policy, PolicyTest } from '../domain/policy.ts'
import type { PolicySet } from '../domain/policy-set.ts'
import type { Problem } from '../domain/problem.ts'
import { createPlanner } from '../engine/plan.ts'
import { subdivisionCode } from '../engine/selectors.ts'
import { listShares } from '../engine/shares.ts'
import { distanceView } from '../latency/distance-view.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'
import { frontEndsOf } from './lint/clients.ts'
import { centreOf, placesOf, type TestPlace } from './test-clients.ts'
import { describeOutcome } from './words.ts'

/**
 * Runs the `tests:` of every policy through the engine, all endpoints up but those that a test takes `down`. `expect` must
 * hold for every first answer that can come out: for all of a network, for the centre of a country or subdivision. `never`
 * must hold for every endpoint of every list, in each place of the country. Tests ask without a request's attributes, by the
 * first front end that the service has. One that fails is an error; a warning where the database is too coarse to judge it.
 */
export function runPolicyTests(set: PolicySet, geo: GeoLocator, nowMs: number): readonly Problem[] {
  return set.policies.flatMap((policy) =>
    policy.tests.flatMap((test, index) => runTest(policy, test, `tests[${index}]`, geo, nowMs)),
  )
}

function runTest(policy: Policy, test: PolicyTest, path: string, geo: GeoLocator, nowMs: number): readonly Problem[] {
  const planner = createPlanner(
    policy,
    { endpoints: factsOf(policy, test), latency: distanceView, unreachable: [] },
    nowMs,
  )
  const problem = (severity: Problem['severity'], rule: string, message: string, hint: string | null): Problem => ({
    severity,
    rule,
    at: test.at,
    path,
    message,
    hint,
  })
  const whom = whomText(test)
  const answersTo = (places: readonly TestPlace[]) =>
    tally(
      places.map(({ location, network, weight }) => ({
        plan: planner.plan(clientOf(policy, location, network)),
        weight,
      })),
    )
  const asnMatters = (planner.reads & DEPENDS.asn) !== 0 ? 'yes' : 'no'
  const centre = centreOf(test, geo, asnMatters)
  if (centre.length === 0) {
    const message = `the test from ${whom} was not judged: the geo database (${geo.info.name}) knows no place there`
    return [problem('warning', 'test-not-judged', message, 'use a city database, or test the country as a whole')]
  }
  const complaint =
    unexpected(policy, test, answersTo(centre)) ??
    forbidden(policy, test, answersTo([...centre, ...placesOf(test, geo, asnMatters)]))
  if (complaint === null) return []
  const message = `the test from ${whom}${downText(test)} fails: ${complaint}`
  const isCoarse = geo.info.precision !== 'city' && ('prefix' in test.from || test.from.subdivision !== null)
  if (!isCoarse) return [problem('error', 'test-failed', message, `\`${explainCommand(policy, test)}\` says why`)]
  const hint = `the geo database (${geo.info.name}) knows no cities, so it was judged by the country's centre: use a city database`
  return [problem('warning', 'test-failed', message, hint)]
}

/** Shells expand a bare `*`. */
function explainCommand({ service }: Policy, test: PolicyTest): string {
  const down = test.down.join(',')
  const quoted = down.includes('*') ? `'${down}'` : down
  return `nearcast explain ${service} ${whomText(test)}${down === '' ? '' : ` --down ${quoted}`}`
}

function factsOf(policy: Policy, test: PolicyTest): readonly EndpointFacts[] {
  const down: EndpointFacts = { ...NO_FACTS, health: 'down', ipv4UpShare: 0, ipv6UpShare: 0 }
  return policy.endpoints.map(({ id }) => (test.down.some((glob) => matchesGlob(glob, id)) ? down : NO_FACTS))
}

function clientOf(policy: Policy, location: Client['location'], network: Client['network']): Client {
  const frontEnd = frontEndsOf(policy)[0] ?? 'discovery'
  return { frontEnd, location, network, request: frontEnd === 'dns' ? null : bareRequest(policy) }
}

const bareRequest = (policy: Policy): RequestAttributes => ({
  host: policy.names.http[0] ?? '',
  path: '/',
  header: () => undefined,
  cookie: () => undefined,
  tenant: null,
})

/** A ranked list, or the outcome that left none, with the share of the clients that get it. */
interface Answer {
  readonly list: readonly number[]
  readonly plan: Plan
  readonly share: number
}

function tally(plans: readonly { readonly plan: Plan; readonly weight: number }[]): readonly Answer[] {
  const total = plans.reduce((sum, { weight }) => sum + weight, 0)
  return plans.flatMap(({ plan, weight }) => {
    const whole = weight / total
    if (plan.lists.length === 0) return [{ list: [], plan, share: whole }]
    const parts = listShares(plan.root, plan.lists.length)
    return plan.lists.map((list, index) => ({ list, plan, share: whole * (parts[index] ?? 0) }))
  })
}

const matches = (globs: readonly string[], endpoint: number | undefined, policy: Policy): boolean =>
  endpoint !== undefined && globs.some((glob) => matchesGlob(glob, policy.endpoints[endpoint]?.id ?? ''))

function unexpected(policy: Policy, { expect }: PolicyTest, answers: readonly Answer[]): string | null {
  if (expect.length === 0 || answers.every(({ list }) => matches(expect, list[0], policy))) return null
  return `it expects ${oneOf(expect)}, ${firstAnswers(policy, answers)}`
}

function forbidden(policy: Policy, { never }: PolicyTest, answers: readonly Answer[]): string | null {
  const named = answers.flatMap(({ list, share }) =>
    list
      .filter((endpoint) => matches(never, endpoint, policy))
      .map((endpoint) => ({ name: nameOf(policy, endpoint), share })),
  )
  return named.length === 0 ? null : `it must never get ${oneOf(never)}, and among the answers is ${sharesText(named)}`
}

const firstAnswers = (policy: Policy, answers: readonly Answer[]): string =>
  `and gets ${sharesText(answers.map(({ list, plan, share }) => ({ name: list[0] === undefined ? nothing(plan) : nameOf(policy, list[0]), share })))}`

const nothing = (plan: Plan): string =>
  plan.target === null ? `nothing (${describeOutcome(plan)})` : 'the static target of onAllDown'

const nameOf = (policy: Policy, endpoint: number): string => `\`${policy.endpoints[endpoint]?.id ?? endpoint}\``

/** `frankfurt` 92%, `virginia` 8%: the largest first. */
function sharesText(parts: readonly { readonly name: string; readonly share: number }[]): string {
  const sums = new Map<string, number>()
  for (const { name, share } of parts) sums.set(name, (sums.get(name) ?? 0) + share)
  return [...sums]
    .sort(([, a], [, b]) => b - a)
    .map(([name, share]) => `${name} ${percentText(share)}`)
    .join(', ')
}

function percentText(share: number): string {
  const percent = share * 100
  if (percent > 0 && percent < 0.1) return 'below 0.1%'
  return `${percent > 99.9 && percent < 99.9999 ? '99.9' : Number(percent.toFixed(1))}%`
}

const oneOf = (globs: readonly string[]): string => globs.map((glob) => `\`${glob}\``).join(' or ')

const downText = ({ down }: PolicyTest): string =>
  down.length === 0 ? '' : ` with ${oneOf(down).replaceAll(' or ', ' and ')} down`

const whomText = ({ from }: PolicyTest): string =>
  'prefix' in from ? formatPrefix(from.prefix) : (subdivisionCode(from) ?? from.country)
