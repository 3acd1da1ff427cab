import {
  bitsOf,
  formatAddress,
  formatPrefix,
  type IpAddress,
  normaliseAddress,
  parseAddress,
  parsePrefix,
  prefixOf,
} from '../domain/address.ts'
import type { Client, FrontEnd, RequestAttributes } from '../domain/client.ts'
import { COUNTRIES } from '../domain/countries.ts'
import { NO_FACTS, type PolicyFacts } from '../domain/facts.ts'
import { overrideNames } from '../domain/override.ts'
import { type Location, NOWHERE } from '../domain/place.ts'
import { DEPENDS, type Dependency, type Plan, type PlanNode, type Slot } from '../domain/plan.ts'
import type { Policy } from '../domain/policy.ts'
import { plan } from '../engine/plan.ts'
import { listShares } from '../engine/shares.ts'
import { axisDraw } from '../engine/slots.ts'
import { countryCentre, subdivisionCentre } from '../policy/test-clients.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'
import { drawsOf, narrowed, slotOf } from './known-draws.ts'

/** Who is asked for: an address, a network, or a country (`DE`), or part of one (`US-VA`). */
export interface ExplainedClient {
  readonly text: string
  readonly client: Client
  /** Such as `Ashburn, US-VA`. */
  readonly city: string | null
  readonly locationId: number | null
}

/** A ranked list, best first, and the share of the clients that get it, 0…1. */
export interface GivenAnswer {
  readonly share: number
  readonly endpoints: readonly string[]
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
  /** Distinct ranked answers that there are, the most frequent first. */
  readonly answers: readonly GivenAnswer[]
  /** Those of them that this client may get: as `answers`, less what its known draws rule out. */
  readonly own: readonly GivenAnswer[]
  /** The one that this client gets; null where a die decides, or too little is known of its network. */
  readonly drawn: readonly string[] | null
  /** Its draw on the axis of `percent`, 0…65535; null where it is unknown or nothing asks for it. */
  readonly canaryDraw: number | null
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
  return networkClient(text, address, prefixLength, geo, frontEnd, request)
}

/** The client that the first address of a network stands for. */
export function networkClient(
  text: string,
  address: IpAddress,
  prefixLength: number,
  geo: GeoLocator,
  frontEnd: FrontEnd,
  request: RequestAttributes | null,
): ExplainedClient {
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
    const isDown = globs.some((glob) => overrideNames(`*/${glob}`, policy.service, endpoint))
    return isDown ? ({ ...known, health: 'down', ipv4UpShare: 0, ipv6UpShare: 0, override: null } as const) : known
  })
  return { ...facts, endpoints }
}

/** Distinct ranked answers of a plan, or of a part of its tree, the most frequent first. */
export function answersOf(plan: Plan, policy: Policy, node: PlanNode = plan.root): readonly GivenAnswer[] {
  const shares = listShares(node, plan.lists.length)
  return plan.lists
    .map((list, index) => ({
      share: shares[index] ?? 0,
      endpoints: list.map((endpoint) => policy.endpoints[endpoint]?.id ?? `#${endpoint}`),
    }))
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share)
}

/**
 * Asks the engine, with a full trace.
 * @param slot replays a decision that was really given
 * @param drawer whose draws count: the whole network, where `who` stands for a part of it
 * @param planned what the plan is made for: see `plannedClient`
 */
export function explain(
  question: Question,
  who: ExplainedClient,
  slot: Slot | null = null,
  drawer: Client = who.client,
  planned: Client = who.client,
): Explanation {
  const { policy, facts, nowMs } = question
  const answer = plan(policy, planned, facts, nowMs)
  const draws = drawsOf(answer, policy.service, drawer, slot)
  const own = answersOf(answer, policy, narrowed(answer, draws))
  return {
    ...who,
    question,
    plan: answer,
    answers: answersOf(answer, policy),
    own,
    drawn: own.length === 1 ? (own[0]?.endpoints ?? null) : own.length === 0 ? [] : null,
    canaryDraw: answer.canary && draws.canary !== null ? axisDraw('canary', slotOf(draws)) : null,
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
