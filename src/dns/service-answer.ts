import type { Outcome } from '../domain/plan.ts'
import type { Policy } from '../domain/policy.ts'
import { type Decision, decide } from '../steering/decide.ts'
import type { SteeredService } from '../steering/snapshot.ts'
import { type Answering, type Ask, answerAddresses, denyWith, type FlatAddresses, wantsAddresses } from './answering.ts'
import { steeredAsker } from './asker.ts'
import { addressTargets, isHostname, shownTargets, type Target } from './handed-out.ts'
import { steeredHttps } from './svcb.ts'
import { EDE, type EdeCode, TYPE } from './wire/codes.ts'
import type { WireName } from './wire/name.ts'
import { nameData, wireNameOf } from './wire/record-data.ts'
import type { ZoneNode, ZoneTable } from './zone-table.ts'

/** How the answer goes on: it stands, it follows a CNAME, or the zone's own data at the node answers. */
export type ServiceAnswer =
  | { readonly kind: 'done' }
  | { readonly kind: 'next'; readonly name: WireName }
  | { readonly kind: 'stored'; readonly negativeTtlSeconds: number }

/** What else of our zones an answer at a service's name may need. */
export interface Around {
  /** Finds the addresses of an endpoint that is a hostname. */
  readonly flatten: (target: WireName) => FlatAddresses
  readonly ask: Ask
}

const DONE: ServiceAnswer = { kind: 'done' }

/** The service's decision for whoever asks, noted in `answering` together with its scope. */
export function takeDecision(answering: Answering, table: ZoneTable, service: SteeredService): Decision {
  const { snapshot, resolver, ecs, nowMs, dice, decisions, reply } = answering
  const { policy } = service
  const zoneEcs = table.zone.ecs
  let taken = decisions.find((known) => known.policy === policy && known.zoneEcs === zoneEcs)
  if (taken === undefined) {
    const { asker, scopeOf } = steeredAsker(resolver, ecs, zoneEcs, snapshot.geo)
    const decision = decide(snapshot, service, asker, nowMs, dice)
    taken = { ...decision, zoneEcs, answerScope: scopeOf(decision), uses: 0 }
    decisions.push(taken)
  }
  taken.uses++
  // Two steered names in one answer: it holds where both decisions do.
  reply.scopePrefixLength = Math.max(reply.scopePrefixLength, taken.answerScope)
  return taken
}

/** Answers at a name of a service. */
export function answerService(
  answering: Answering,
  table: ZoneTable,
  node: ZoneNode,
  service: SteeredService,
  name: WireName,
  { flatten, ask }: Around,
): ServiceAnswer {
  const { reply, type } = answering
  const { https, ttlSeconds } = service.policy
  const steers = wantsAddresses(type) || (type === TYPE.HTTPS && https !== null)
  const mayBeCname = !hasOtherData(node) && hostnamesOf(service.policy).length > 0
  // A denial at a steered name is never believed for longer than an answer there.
  const stored = (most: number): ServiceAnswer => ({
    kind: 'stored',
    negativeTtlSeconds: Math.min(table.negativeTtlSeconds, most),
  })
  if (!steers && !mayBeCname) return stored(ttlSeconds)

  const decision = takeDecision(answering, table, service)
  const targets = shownTargets(decision)
  const first = targets[0]
  if (first !== undefined && mayBeCname && isHostname(first)) {
    const target = wireNameOf(first.hostname)
    reply.answer.push({ owner: name, type: TYPE.CNAME, ttlSeconds: decision.ttlSeconds, data: [nameData(target)] })
    return type === TYPE.CNAME || type === TYPE.ANY ? DONE : { kind: 'next', name: target }
  }
  if (!steers) return stored(decision.ttlSeconds)
  if (first === undefined) {
    const code = closedError(decision.plan.outcome)
    if (code !== null) reply.error = { code, text: '' }
    denyWith(reply, table, Math.min(table.negativeTtlSeconds, ttlSeconds, decision.ttlSeconds))
  } else if (wantsAddresses(type)) {
    const family = type === TYPE.A ? 'a' : 'aaaa'
    const flat = gather(addressTargets(decision, family), family, decision.ttlSeconds, flatten)
    answerAddresses(answering, table, name, flat)
  } else if (https !== null) {
    const rrset = steeredHttps(https, targets, decision.ttlSeconds, name, ask)
    if (rrset === null) denyWith(reply, table, Math.min(table.negativeTtlSeconds, decision.ttlSeconds))
    else reply.answer.push({ owner: name, ...rrset })
  }
  return DONE
}

/** RFC 1034 §3.6.2: "If a CNAME RR is present at a node, no other data should be present". At the apex there always is. */
const hasOtherData = (node: ZoneNode): boolean => node.rrsets.size > 0 || node.alias !== null

/** All hostnames that the policy could ever hand out. */
export function hostnamesOf({ endpoints, onAllDown }: Policy): readonly string[] {
  const targets: readonly Target[] = 'target' in onAllDown ? [...endpoints, onAllDown.target] : endpoints
  return targets.filter(isHostname).map((target) => target.hostname)
}

/** Whether a hostname of the policy could ever have to be answered as addresses: where no CNAME may be, or beside addresses. */
export function mayFlatten(node: ZoneNode, policy: Policy): boolean {
  return hasOtherData(node) || policy.steps.some((step) => step.kind === 'take' && step.n > 1)
}

/** All addresses of one family, those of the best endpoint first. Unknown as soon as one of them is. */
function gather(
  targets: readonly Target[],
  family: 'a' | 'aaaa',
  ttlSeconds: number,
  flatten: (target: WireName) => FlatAddresses,
): FlatAddresses {
  const parts = targets.map((target): FlatAddresses => {
    if (isHostname(target)) return flatten(wireNameOf(target.hostname))
    return { kind: 'known', addresses: target[family], ttlSeconds }
  })
  const kinds = parts.map((part) => part.kind)
  return {
    kind: kinds.find((kind) => kind === 'unknown') ?? kinds.find((kind) => kind === 'stale') ?? 'known',
    addresses: parts.flatMap((part) => part.addresses),
    ttlSeconds: Math.min(ttlSeconds, ...parts.map((part) => part.ttlSeconds)),
  }
}

/** RFC 8914: why there is no address. */
function closedError(outcome: Outcome): EdeCode | null {
  switch (outcome) {
    case 'failClosed':
      return EDE.NETWORK_ERROR
    case 'fenced':
      return EDE.PROHIBITED
    case 'steered':
    case 'lastResort':
    case 'static':
      return null
  }
}
