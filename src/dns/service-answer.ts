import type { Endpoint } from '../domain/endpoint.ts'
import type { Outcome } from '../domain/plan.ts'
import type { Policy } from '../domain/policy.ts'
import { type Decision, decide } from '../steering/decide.ts'
import type { SteeredService } from '../steering/snapshot.ts'
import { type Answering, answerAddresses, denyWith, type FlatAddresses, wantsAddresses } from './answering.ts'
import { steeredAsker } from './asker.ts'
import { EDE, type EdeCode, TYPE } from './wire/codes.ts'
import type { WireName } from './wire/name.ts'
import { nameData, wireNameOf } from './wire/record-data.ts'
import type { ZoneNode, ZoneTable } from './zone-table.ts'

/** How the answer goes on: it stands, it follows a CNAME, or the zone's own data at the node answers. */
export type ServiceAnswer =
  | { readonly kind: 'done' }
  | { readonly kind: 'next'; readonly name: WireName }
  | { readonly kind: 'stored'; readonly negativeTtlSeconds: number }

/** What can be handed out: an endpoint, or the target of a static answer. */
type Target = Pick<Endpoint, 'a' | 'aaaa' | 'hostname'>

const DONE: ServiceAnswer = { kind: 'done' }
/** The service's next decision for whoever asks, noted in `answering` together with its scope. */
export function takeDecision(answering: Answering, table: ZoneTable, service: SteeredService): Decision {
  const { snapshot, resolver, ecs, nowMs, dice, decisions, reply } = answering
  const { asker, scopeOf } = steeredAsker(resolver, ecs, table.zone.ecs, snapshot.geo)
  const decision = decide(snapshot, service, asker, nowMs, dice)
  decisions.push(decision)
  // Two steered names in one chain: the answer holds where both decisions do.
  reply.scopePrefixLength = Math.max(reply.scopePrefixLength, scopeOf(decision))
  return decision
}

/** Answers at a name of a service. `flatten` finds the addresses of an endpoint that is a hostname. */
export function answerService(
  answering: Answering,
  table: ZoneTable,
  node: ZoneNode,
  service: SteeredService,
  name: WireName,
  flatten: (target: WireName) => FlatAddresses,
): ServiceAnswer {
  const { reply, type } = answering
  // A denial at a steered name is never believed for longer than an answer there.
  const stored: ServiceAnswer = {
    kind: 'stored',
    negativeTtlSeconds: Math.min(table.negativeTtlSeconds, service.policy.ttlSeconds),
  }
  const mayBeCname = !hasOtherData(node) && hostnamesOf(service.policy).length > 0
  if (!wantsAddresses(type) && !mayBeCname) return stored

  const decision = takeDecision(answering, table, service)
  const targets = handedOut(decision)
  const first = targets[0]
  if (first !== undefined && mayBeCname && isHostname(first)) {
    const target = wireNameOf(first.hostname)
    reply.answer.push({ owner: name, type: TYPE.CNAME, ttlSeconds: decision.ttlSeconds, data: [nameData(target)] })
    return type === TYPE.CNAME || type === TYPE.ANY ? DONE : { kind: 'next', name: target }
  }
  if (!wantsAddresses(type)) return stored
  if (first === undefined) {
    const code = closedError(decision.plan.outcome)
    if (code !== null) reply.error = { code, text: '' }
    denyWith(reply, table, Math.min(stored.negativeTtlSeconds, decision.ttlSeconds))
    return DONE
  }
  answerAddresses(answering, table, name, gather(targets, type, decision.ttlSeconds, flatten))
  return DONE
}

const isHostname = (target: Target): target is Target & { readonly hostname: string } =>
  target.a.length === 0 && target.aaaa.length === 0 && target.hostname !== null

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

/**
 * The first endpoint of the list, or as many as `take` says. A `take` whose condition did not hold has left the list
 * long, and still says how many a client can use.
 */
function handedOut({ endpoints, plan, policy }: Decision): readonly Target[] {
  if (endpoints.length === 0) return plan.target === null ? [] : [plan.target]
  const taken = policy.steps.map((step) => (step.kind === 'take' ? step.n : 1))
  return endpoints.slice(0, Math.max(1, ...taken))
}

/** All addresses of one family, those of the best endpoint first. Unknown as soon as one of them is. */
function gather(
  targets: readonly Target[],
  type: number,
  ttlSeconds: number,
  flatten: (target: WireName) => FlatAddresses,
): FlatAddresses {
  const parts = targets.map((target): FlatAddresses => {
    if (isHostname(target)) return flatten(wireNameOf(target.hostname))
    return { kind: 'known', addresses: type === TYPE.A ? target.a : target.aaaa, ttlSeconds }
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
