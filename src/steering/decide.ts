import { type IpAddress, normaliseAddress, prefixOf } from '../domain/address.ts'
import type { AddressSource, Client, FrontEnd, RequestAttributes } from '../domain/client.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { PolicyFacts } from '../domain/facts.ts'
import type { Location } from '../domain/place.ts'
import { NOWHERE } from '../domain/place.ts'
import type { Plan, Slot } from '../domain/plan.ts'
import type { Policy } from '../domain/policy.ts'
import { listFor, slotFor, stickyPrefixLength } from '../engine/slots.ts'
import { composeDecisionId } from './decision-id.ts'
import { classOf, type NetworkClass } from './network-classes.ts'
import { listKeeping } from './pinned.ts'
import type { Snapshot, SteeredService } from './snapshot.ts'
import { representative, type SteeringMap } from './steering-map.ts'

/** What a front end knows of who asks. */
export interface Asker {
  readonly frontEnd: FrontEnd
  /** As it came; `decide` normalises it. */
  readonly address: IpAddress
  /** How much of the address is known: 32 or 128, or less for a client subnet. */
  readonly prefixLength: number
  readonly source: AddressSource
  readonly request: RequestAttributes | null
}

/** One answer to one asker: the plan, the slot drawn, and what a front end needs to say it. */
export interface Decision {
  readonly snapshot: Snapshot
  readonly policy: Policy
  readonly plan: Plan
  readonly slot: Slot
  /** Ranked, best first. Empty: nothing may be answered (see `plan.outcome`), or `plan.target` is the answer. */
  readonly endpoints: readonly Endpoint[]
  /** Who asks. */
  readonly client: Client
  /** What the plan was made for: a client of the same location and network class, through the same front end. */
  readonly planned: Client
  /** What the plan was made from: those of the service, less the drain that the client is spared. */
  readonly facts: PolicyFacts
  /** The draining endpoint that the client keeps, by its id; null for everybody who was given none, or keeps none. */
  readonly pinned: string | null
  /**
   * ECS SCOPE PREFIX-LENGTH (RFC 7871 §7.2.1) in bits of the asker's own family: the widest network in which every client gets the same
   * plan and slot behaviour; 0 when nothing of the address was read.
   */
  readonly scopePrefixLength: number
  /** From the plan, cut to the time left until `plan.validUntilMs`; at least 1 unless the policy says 0. */
  readonly ttlSeconds: number
  /** Opens the trace: `nearcast explain ID`. */
  readonly id: string
}

/**
 * The one way from an asker to an answer, for every front end. Pure given `dice` (uniform unsigned 32-bit draws, used
 * only when the plan is not sticky).
 * @param pinned id of the endpoint that the client has proof of being given before: it keeps it while that one drains
 */
export function decide(
  snapshot: Snapshot,
  service: SteeredService,
  asker: Asker,
  nowMs: number,
  dice: () => number,
  pinned: string | null = null,
): Decision {
  const { policy, map } = service
  const network = normaliseNetwork(asker)
  const locationId = snapshot.geo.locate(network.address).locationId
  const client = clientOf(snapshot, asker, network, locationId)
  const entry = map.lookUp(network.address)
  const classId = classOf(map.networks, network.address)
  const planned = plannedFor(snapshot, map, asker, locationId, classId)
  const usual = service.planRequest === null || asker.frontEnd === 'dns' ? entry.plan : service.planRequest(planned)
  const keeping = keptEndpoint(service, planned, client, pinned, dice)
  const plan = keeping?.plan ?? usual
  const slot = keeping?.slot ?? slotFor(plan, policy.service, client, dice)
  const list = keeping?.list ?? listFor(plan, slot)
  return {
    snapshot,
    policy,
    plan,
    slot,
    endpoints: list.map((index) => service.endpoints[index] as Endpoint),
    client,
    planned,
    facts: keeping?.facts ?? service.facts,
    pinned: keeping === null ? null : pinned,
    scopePrefixLength: scopeOf(plan, entry.prefixLength, network),
    ttlSeconds: remainingTtl(plan, nowMs),
    id: composeDecisionId({
      service: policy.service,
      revision: snapshot.revision.number,
      frontEnd: asker.frontEnd,
      locationId,
      classId: map.classNumbers[classId] as number,
      slot,
    }),
  }
}

/** Nobody is planned by more than what tells clients apart: so every front end, and the compiled map, plan alike. */
function plannedFor(
  { geo }: Snapshot,
  { networks }: SteeringMap,
  { frontEnd, request }: Asker,
  locationId: number,
  classId: number,
): Client {
  const { classes } = networks
  const client = representative(geo.locations[locationId] ?? NOWHERE, classes[classId] as NetworkClass)
  return { ...client, frontEnd, request }
}

interface Keeping {
  readonly facts: PolicyFacts
  readonly plan: Plan
  readonly slot: Slot
  readonly list: readonly number[]
}

/** For a client that keeps an endpoint while it drains; null for all others. */
function keptEndpoint(
  { policy, planPinned }: SteeredService,
  planned: Client,
  client: Client,
  pinned: string | null,
  dice: () => number,
): Keeping | null {
  const index = pinned === null ? -1 : policy.endpoints.findIndex(({ id }) => id === pinned)
  const plans = index < 0 ? null : planPinned(index)
  if (plans === null) return null
  const plan = plans.planClient(planned)
  const slot = slotFor(plan, policy.service, client, dice)
  const list = listKeeping(plan, slot, index)
  return list === null ? null : { facts: plans.facts, plan, slot, list }
}

interface KnownNetwork {
  readonly address: IpAddress
  readonly prefixLength: number
  /** Bits that stand before `address` in the form in which it came. */
  readonly offset: number
}

/** The IPv4 network inside a v4-mapped, NAT64 or 6to4 one, when enough of it is known to tell. */
function normaliseNetwork(asker: Asker): KnownNetwork {
  const cut = prefixOf(asker.address, asker.prefixLength)
  const address = normaliseAddress(cut)
  if (address.family === asker.address.family) return { address: cut, prefixLength: asker.prefixLength, offset: 0 }
  // 6to4 has its IPv4 address behind 16 bits (RFC 3056 §2), the other forms behind 96.
  const offset = cut.bytes[0] === 0x20 ? 16 : 96
  if (asker.prefixLength <= offset) return { address: cut, prefixLength: asker.prefixLength, offset: 0 }
  return { address, prefixLength: Math.min(32, asker.prefixLength - offset), offset }
}

function clientOf(snapshot: Snapshot, asker: Asker, network: KnownNetwork, locationId: number): Client {
  const location: Location = snapshot.geo.locations[locationId] ?? NOWHERE
  const asn = snapshot.geo.asnOf(network.address)
  return {
    frontEnd: asker.frontEnd,
    location: asn === 0 ? location : { ...location, asn },
    network: { address: network.address, prefixLength: network.prefixLength },
    request: asker.request,
  }
}

function scopeOf(plan: Plan, planPrefixLength: number, network: KnownNetwork): number {
  const byNetwork = plan.canary || plan.sticky.by !== 'none'
  const sticky = byNetwork ? stickyPrefixLength(network.address.family, network.prefixLength) : 0
  const scope = Math.max(planPrefixLength, sticky)
  return scope === 0 ? 0 : scope + network.offset
}

function remainingTtl(plan: Plan, nowMs: number): number {
  const leftSeconds = Math.max(1, Math.floor((plan.validUntilMs - nowMs) / 1000))
  return Math.min(plan.ttlSeconds, leftSeconds)
}
