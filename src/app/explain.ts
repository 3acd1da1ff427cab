import {
  bitsOf,
  formatAddress,
  formatPrefix,
  normaliseAddress,
  parseAddress,
  parsePrefix,
  prefixOf,
} from '../domain/address.ts'
import type { Client, FrontEnd, RequestAttributes } from '../domain/client.ts'
import { COUNTRIES } from '../domain/countries.ts'
import { NO_FACTS, type PolicyFacts } from '../domain/facts.ts'
import { type Location, NOWHERE } from '../domain/place.ts'
import { DEPENDS, type Dependency, type Plan, type Slot } from '../domain/plan.ts'
import type { Policy } from '../domain/policy.ts'
import { plan } from '../engine/plan.ts'
import { listShares } from '../engine/shares.ts'
import { listFor, slotFor } from '../engine/slots.ts'
import { countryCentre, subdivisionCentre } from '../policy/test-clients.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'
import { overrideNames } from './facts.ts'

/** Who is asked for: an address, a network, or a country (`DE`), or part of one (`US-VA`). */
export interface ExplainedClient {
  readonly text: string
  readonly client: Client
  /** Such as `Ashburn, US-VA`. */
  readonly city: string | null
  readonly locationId: number | null
}

export interface Question {
  readonly policy: Policy
  readonly facts: PolicyFacts
  readonly nowMs: number
}

/** The engine's answer to one client, with everything that `explain` shows. */
export interface Explanation extends ExplainedClient {
  readonly question: Question
  readonly plan: Plan
  /** Distinct ranked answers, the most frequent first. */
  readonly answers: readonly { readonly share: number; readonly endpoints: readonly string[] }[]
  /** The answer of exactly this network; null when the draw is a die, or no network is known. */
  readonly drawn: readonly string[] | null
  readonly dependsOn: readonly Dependency[]
}

/** What a text names as a client, or one sentence of what is wrong with it. */
export function parseClient(
  text: string,
  geo: GeoLocator,
  frontEnd: FrontEnd,
  request: RequestAttributes | null,
): ExplainedClient | string {
  const place = /^([A-Z]{2})(?:-([A-Z0-9]{1,3}))?$/.exec(text.toUpperCase())
  if (place !== null) return countryClient(text, place[1] ?? '', place[2] ?? null, geo, frontEnd, request)
  const asAddress = parseAddress(text)
  const parsed = asAddress === null ? parsePrefix(text) : null
  if (parsed !== null && !parsed.ok) return prefixProblem(text, parsed)
  const network = asAddress ?? parsed?.prefix
  if (network === undefined) return `"${text}" is no client`
  const address = normaliseAddress(network)
  const moved = bitsOf(network.family) - bitsOf(address.family)
  const known = parsed === null ? bitsOf(network.family) : (parsed.prefix.length ?? 0)
  const prefixLength = Math.max(0, address.family === network.family ? known : known - moved)
  const { locationId } = geo.locate(address)
  const asn = geo.asnOf(address)
  const location: Location = { ...(geo.locations[locationId] ?? NOWHERE), asn: asn === 0 ? null : asn }
  return {
    text,
    locationId,
    city: geo.describe(address)?.city ?? null,
    client: { frontEnd, location, network: { address: prefixOf(address, prefixLength), prefixLength }, request },
  }
}

function prefixProblem(text: string, parsed: Exclude<ReturnType<typeof parsePrefix>, { ok: true }>): string {
  switch (parsed.problem) {
    case 'hostBits':
      return `"${text}" has bits set beyond its length: the network is ${parsed.suggestion}`
    case 'lengthOutOfRange':
      return `"${text}": the prefix length is out of range (0–32 for IPv4, 0–128 for IPv6)`
    case 'notAPrefix':
      return `"${text}" is neither an address, nor a network (203.0.113.0/24), nor a country (DE, US-VA)`
  }
}

function countryClient(
  text: string,
  code: string,
  subdivision: string | null,
  geo: GeoLocator,
  frontEnd: FrontEnd,
  request: RequestAttributes | null,
): ExplainedClient | string {
  if (!COUNTRIES.has(code)) return `"${text}" names no country: ${code} is no ISO 3166-1 code`
  const location = subdivision === null ? countryCentre(code) : subdivisionCentre(code, subdivision, geo)
  if (location === null) return `"${text}": ${geo.info.name} knows no place in ${code}-${subdivision}`
  return { text, city: null, locationId: null, client: { frontEnd, location, network: null, request } }
}

/** Facts with the endpoints that match a glob taken to be down. */
export function withDown(policy: Policy, facts: PolicyFacts, globs: readonly string[]): PolicyFacts {
  if (globs.length === 0) return facts
  const endpoints = policy.endpoints.map((endpoint, index) => {
    const known = facts.endpoints[index] ?? NO_FACTS
    const isDown = globs.some((glob) => overrideNames(`*/${glob}`, policy.service, endpoint.id))
    return isDown ? ({ ...known, health: 'down', ipv4UpShare: 0, ipv6UpShare: 0, override: null } as const) : known
  })
  return { ...facts, endpoints }
}

/** Asks the engine, with a full trace. `slot` replays a decision that was really given. */
export function explain(question: Question, who: ExplainedClient, slot: Slot | null = null): Explanation {
  const { policy, facts, nowMs } = question
  const answer = plan(policy, who.client, facts, nowMs)
  const names = (list: readonly number[]): readonly string[] =>
    list.map((index) => policy.endpoints[index]?.id ?? `#${index}`)
  const byDice = slot === null && (who.client.network === null || answer.sticky.by === 'none')
  const drawnSlot = slot ?? slotFor(answer, policy.service, who.client, () => 0)
  const shares = listShares(answer.root, answer.lists.length)
  const answers = answer.lists
    .map((list, index) => ({ share: shares[index] ?? 0, endpoints: names(list) }))
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share)
  return {
    ...who,
    question,
    plan: answer,
    answers,
    drawn: byDice && answers.length > 1 ? null : names(listFor(answer, drawnSlot)),
    dependsOn: (Object.keys(DEPENDS) as Dependency[]).filter((name) => (answer.dependsOn & DEPENDS[name]) !== 0),
  }
}

/** `Frankfurt am Main, DE (city), AS3320`. */
export function describePlace({ client, city }: ExplainedClient): string {
  const { country, subdivision, asn, precision } = client.location
  const region = country === null ? 'nowhere' : subdivision === null ? country : `${country}-${subdivision}`
  const network = asn === null ? '' : `, AS${asn}`
  return `${city === null ? region : `${city}, ${region}`} (${precision === 'none' ? 'not placed' : precision})${network}`
}

export const describeNetwork = ({ client }: ExplainedClient): string | null =>
  client.network === null
    ? null
    : client.network.prefixLength === bitsOf(client.network.address.family)
      ? formatAddress(client.network.address)
      : formatPrefix({ ...client.network.address, length: client.network.prefixLength })
