/** The engine's closed unions in words: what `explain`, the discovery API and messages say. Pure; English. */

import { formatPrefix } from '../domain/address.ts'
import type { Evidence, Override, RttEstimate, Unreachable } from '../domain/facts.ts'
import type { Outcome, Plan, Reason, TraceStep } from '../domain/plan.ts'
import type { Condition, OnAllDown, Policy, Selector, Step, Sticky } from '../domain/policy.ts'
import { describeSpan } from './check-words.ts'

const KILOMETRES = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 })

/** `6,210 km`. */
export const formatKm = (km: number): string => `${KILOMETRES.format(km)} km`

const formatMs = (ms: number): string => `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms`
const formatPercent = (percent: number): string => `${Number(percent.toFixed(1))}%`
const formatShare = (share: number): string => formatPercent(share * 100)
const oneOf = (values: readonly (string | number)[]): string => values.join(' or ')

/** `2026-05-01 14:00 UTC`. */
const formatTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** By whom, until when and why: `by anna until 2026-05-01 14:00 UTC (disk swap)`. */
function describeOverride(override: Override): string {
  const until = override.expiresAtMs === null ? '' : ` until ${formatTime(override.expiresAtMs)}`
  const why = override.reason === '' ? '' : ` (${override.reason})`
  return `by ${override.owner}${until}${why}`
}

/**
 * Why an endpoint was dropped or fell behind, as half a sentence about it: `down`, `6,210 km away, behind the nearest`.
 * @param stepIndex the step that did it, from the exclusion or the trace; −1 where none did.
 */
export function describeReason(reason: Reason, policy: Policy, stepIndex = -1): string {
  const step = policy.steps[stepIndex]
  switch (reason.kind) {
    case 'disabled':
      return 'disabled in the policy'
    case 'down':
      return 'down'
    case 'overridden':
      return `set ${reason.override.state} ${describeOverride(reason.override)}`
    case 'draining':
      return `drained ${describeOverride(reason.override)}`
    case 'belowThreshold':
      return `${formatShare(reason.upShare)} of its IPv${reason.family} addresses are up, ${formatShare(reason.threshold)} are needed`
    case 'groupTooSmall':
      return `its group ${reason.group} has ${reason.healthy} healthy, ${reason.minimum} are needed`
    case 'notKept':
      return fenceWords('outside', 'behind those in', reason.hard, 'keep', step)
    case 'dropped':
      return fenceWords('named by', 'behind those not named by', reason.hard, 'drop', step)
    case 'outsideServes':
      return reason.hard
        ? 'does not serve this client (hard fence)'
        : 'does not serve this client, behind those that do'
    case 'servesEverybody':
      return 'serves everybody, behind those made for this client'
    case 'degraded':
      return 'degraded: its checks pass, but slowly or with warnings'
    case 'returning':
      return `back for a short while: takes ${formatPercent(reason.percent)} of its clients so far`
    case 'unreachable':
      return `clients of ${networkWords(reason.network)} report that they cannot reach it`
    case 'lowerTier':
      return `in tier ${reason.tier + 1}, behind a tier that has survivors`
    case 'farther':
      return fartherWords(reason.distanceKm, reason.effectiveKm)
    case 'slower':
      return reason.estimate === null
        ? 'round-trip time unknown, behind those with an estimate'
        : `${describeEstimate(reason.estimate)}, behind the fastest`
    case 'behindExplored':
      return `the fastest; ${formatPercent(reason.percent)} of the clients try the second fastest, so that it is measured, too`
    case 'shed':
      return `${reason.metric} is ${Number(reason.value.toFixed(3))}: ${formatPercent(reason.percent)} of its clients are sent elsewhere`
    case 'standby':
      return 'standby (weight 0): used when the others are gone'
    case 'notTaken':
      return `beyond the ${reason.n} that are handed out`
  }
}

const EVIDENCE_WORDS: Readonly<Record<Evidence, string>> = {
  distance: 'by distance',
  nodes: 'by probes of our nodes',
  subregion: 'measured in its part of the world',
  country: 'measured in its country',
  asn: 'measured in its AS',
  prefix: 'measured in its network',
}

/** `about 41 ms ± 8 away (measured in its country, 120 samples)`: "its" is the client, ± one standard deviation. */
function describeEstimate({ rttMs, sdMs, source, samples }: RttEstimate): string {
  const evidence = samples === 0 ? '' : `, ${samples} ${samples === 1 ? 'sample' : 'samples'}`
  return `about ${formatMs(rttMs)} ± ${Math.round(sdMs)} away (${EVIDENCE_WORDS[source]}${evidence})`
}

function fenceWords(hardWords: string, softWords: string, hard: boolean, kind: string, step: Step | undefined): string {
  const name = `\`${step === undefined ? kind : describeStep(step)}\``
  const because = step === undefined || step.because === null ? '' : `: ${step.because}`
  return hard ? `${hardWords} the hard fence ${name}${because}` : `${softWords} ${name}${because}`
}

const networkWords = (network: Unreachable['network']): string =>
  'asn' in network ? `AS${network.asn}` : formatPrefix(network.prefix)

function fartherWords(distanceKm: number | null, effectiveKm: number | null): string {
  if (distanceKm === null) return 'distance unknown, behind those with a place'
  if (effectiveKm === null || Math.round(effectiveKm) === Math.round(distanceKm)) {
    return `${formatKm(distanceKm)} away, behind the nearest`
  }
  return `${formatKm(distanceKm)} away, counted as ${formatKm(effectiveKm)}, behind the nearest`
}

const OUTCOMES: Readonly<Record<Outcome, string>> = {
  steered: 'chosen by the steps of the policy',
  lastResort: 'nothing was left: the best that passes the hard fences, health ignored (onAllDown: lastResort)',
  static: 'nothing was left: the static answer of the policy (onAllDown: static)',
  failClosed: 'nothing was left and the policy answers nothing then (onAllDown: failClosed)',
  fenced: 'a hard fence leaves no endpoint for this client, and fences are never relaxed',
}

/** Why the plan is what it is. */
export const describeOutcome = (plan: Pick<Plan, 'outcome'>): string => OUTCOMES[plan.outcome]

/** What a step of the trace did as a whole: `applied`, or why not. */
export function describeEffect(trace: Pick<TraceStep, 'effect'>, step: Step | undefined): string {
  const when = step === undefined || step.when === null ? '' : `: ${describeCondition(step.when)}`
  switch (trace.effect) {
    case 'applied':
      return 'applied'
    case 'skipped':
      return `skipped, its condition is false${when}`
    case 'unseen':
      return `skipped, this front end cannot see its condition${when}`
  }
}

/** A step much as it is written in the policy: `keep tag eu`, `nearest within 300 km`. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'up':
      return upWords(step)
    case 'keep':
    case 'drop':
      return `${step.kind} ${describeSelector(step.match)}`
    case 'geofence':
      return 'geofence'
    case 'prefer': {
      const trickle = step.tricklePercent > 0 ? `, trickle ${formatPercent(step.tricklePercent)}` : ''
      return `prefer ${step.tiers.map(describeSelector).join(', then ')}${trickle}`
    }
    case 'nearest': {
      const within = step.within
      const range = within === null ? '' : ` within ${'km' in within ? formatKm(within.km) : `${within.ratio}x`}`
      return `nearest${range}${step.foreignFactor === 1 ? '' : `, abroad counts ${step.foreignFactor}x`}`
    }
    case 'fastest':
      return fastestWords(step)
    case 'shed': {
      const rate = step.percentPerMinute < 100 ? `, at most ${formatPercent(step.percentPerMinute)} a minute` : ''
      return `shed ${step.metric} from ${step.low} to ${step.high}${rate}`
    }
    case 'spread': {
      const by = step.by === 'headroom' ? `headroom of ${step.metric}` : step.by
      return `spread by ${by}, sticky ${describeSticky(step.sticky)}`
    }
    case 'take':
      return `take ${step.n}`
  }
}

function upWords(step: Step & { readonly kind: 'up' }): string {
  const { ipv4, ipv6 } = step.threshold
  const { minHealthy, degraded, slowStartSeconds, failover } = step
  const parts = [
    `threshold ${ipv4 === ipv6 ? formatShare(ipv4) : `${formatShare(ipv4)} of IPv4, ${formatShare(ipv6)} of IPv6`}`,
    ...(minHealthy === null ? [] : [`at least ${minHealthy.n} per ${groupWords(minHealthy.per)}`]),
    ...(degraded === 'keep' ? [] : [degraded === 'drop' ? 'degraded ones dropped' : 'degraded ones behind']),
    ...(slowStartSeconds === 0 ? [] : [`slow start over ${describeSpan(slowStartSeconds)}`]),
    ...(failover.to === 'next' ? [] : [`failover by headroom of ${failover.metric}`]),
  ]
  return `up (${parts.join(', ')})`
}

const groupWords = (per: 'site' | { readonly tags: readonly string[] }): string =>
  per === 'site' ? 'site' : `tag ${oneOf(per.tags)}`

function fastestWords({ withinMs, explorePercent }: Step & { readonly kind: 'fastest' }): string {
  const range = withinMs > 0 ? ` within ${formatMs(withinMs)}` : ''
  return `fastest${range}${explorePercent > 0 ? `, explore ${formatPercent(explorePercent)}` : ''}`
}

const describeSticky = (sticky: Sticky): string => (sticky.by === 'header' ? `header ${sticky.name}` : sticky.by)

/** `tag eu or us and country DE`. */
export function describeSelector(selector: Selector): string {
  const parts: readonly (readonly [string, readonly (string | number)[] | undefined])[] = [
    ['id', selector.ids],
    ['tag', selector.tags],
    ['site', selector.sites],
    ['country', selector.countries],
    ['continent', selector.continents],
    ['subdivision', selector.subdivisions],
    ['ASN', selector.asns],
    ['cidr', selector.prefixes?.map(formatPrefix)],
  ]
  return parts.flatMap(([name, values]) => (values === undefined ? [] : [`${name} ${oneOf(values)}`])).join(' and ')
}

/** A condition as one phrase: `country DE or FR, and tenant.plan enterprise`. */
export function describeCondition(condition: Condition): string {
  switch (condition.kind) {
    case 'all':
      return condition.of.map(describeCondition).join(', and ')
    case 'any':
      return `any of (${condition.of.map(describeCondition).join('; ')})`
    case 'not':
      return `not (${describeCondition(condition.of)})`
    case 'country':
    case 'continent':
    case 'subdivision':
    case 'host':
      return `${condition.kind} ${oneOf(condition.in)}`
    case 'frontEnd':
      return `front end ${oneOf(condition.in)}`
    case 'asn':
      return `ASN ${oneOf(condition.in)}`
    case 'cidr':
      return `cidr ${oneOf(condition.in.map(formatPrefix))}`
    case 'located':
      return condition.is ? 'the client can be placed' : 'the client cannot be placed'
    case 'time': {
      const clock = (minute: number) =>
        `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
      return `${condition.days.join(' ')} ${clock(condition.fromMinute)}–${clock(condition.toMinute)} ${condition.timeZone}`
    }
    case 'tenant':
      return `tenant.${condition.attribute} ${oneOf(condition.in)}`
    case 'header':
    case 'cookie':
      return `${condition.kind} ${condition.name} ${oneOf(condition.in)}`
    case 'path':
      return `path ${oneOf(condition.prefixes)}`
    case 'percent':
      return `${formatPercent(condition.percent)} of the clients`
  }
}

/** `onAllDown` much as it is written: `lastResort`, `static virginia`. */
export function describeOnAllDown(onAllDown: OnAllDown, policy: Policy): string {
  if (onAllDown.mode !== 'static') return onAllDown.mode
  if ('endpoint' in onAllDown) return `static ${policy.endpoints[onAllDown.endpoint]?.id ?? onAllDown.endpoint}`
  return 'static, a target outside the list'
}
