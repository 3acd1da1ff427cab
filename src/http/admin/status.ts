import { type Freshness, NO_FACTS, type PolicyFacts } from '../../domain/facts.ts'
import type { Policy } from '../../domain/policy.ts'
import type { Problem } from '../../domain/problem.ts'
import { reasonsOut } from '../../policy/in-service.ts'
import { describeReason } from '../../policy/words.ts'
import type { Snapshot } from '../../steering/snapshot.ts'
import { type About, composeAbout } from '../about.ts'

/** One open port. */
export interface Listener {
  readonly frontEnd: 'dns' | 'dot' | 'doh' | 'redirect' | 'discovery' | 'admin'
  readonly transport: 'udp' | 'tcp' | 'tls' | 'https'
  /** Such as `127.0.0.1:5353` or `[::1]:5353`. */
  readonly address: string
  /** Threads that answer there; without it the main thread does. */
  readonly workers?: number
}

/** A change of the policies that was not taken over. */
export interface RefusedRevision {
  readonly atMs: number
  readonly problems: readonly Problem[]
}

/** A file of the geo directory that is not used. */
export interface RefusedGeoFile {
  readonly file: string
  readonly problem: string
  /** What goes on without it: a sentence. */
  readonly meanwhile: string
}

/** What the node knows of itself beside the snapshot; made by app/. */
export interface NodeStatus {
  readonly startedAtMs: number
  readonly listeners: readonly Listener[]
  /** The newest refusal, until a good revision follows it. */
  readonly refused: RefusedRevision | null
  /** Until they are mended or removed. */
  readonly refusedGeo: readonly RefusedGeoFile[]
  /** What is still to come before the node can serve, in words; empty when nothing is. */
  readonly missing: readonly string[]
}

/** What `GET /v1/status` says. */
export interface StatusDocument {
  readonly about: About
  readonly startedAt: string
  readonly uptimeSeconds: number
  readonly ready: boolean
  readonly notReady: readonly string[]
  readonly listeners: readonly Listener[]
  readonly snapshot: {
    readonly number: number
    readonly compiledAt: string
    readonly facts: number
    readonly freshness: Freshness
  } | null
  readonly revision: {
    readonly number: number
    readonly digest: string
    readonly author: string
    readonly reason: string
    readonly at: string
  } | null
  readonly refused: { readonly at: string; readonly problems: readonly Problem[] } | null
  readonly refusedGeo: readonly RefusedGeoFile[]
  readonly services: readonly ServiceStatus[]
}

interface ServiceStatus {
  readonly service: string
  readonly names: {
    readonly dns: readonly string[]
    readonly http: readonly string[]
    readonly discovery: string | null
  }
  readonly endpoints: readonly {
    readonly endpoint: string
    readonly enabled: boolean
    readonly health: string
    readonly override: string | null
    /** Why no client is sent there, wherever he is; null where some may be. */
    readonly out: string | null
  }[]
}

export function composeStatus(
  snapshot: Snapshot | null,
  node: NodeStatus,
  version: string,
  nowMs: number,
): StatusDocument {
  const missing = reasonsNotReady(snapshot, node)
  return {
    about: composeAbout(snapshot, version),
    startedAt: iso(node.startedAtMs),
    uptimeSeconds: Math.floor((nowMs - node.startedAtMs) / 1000),
    ready: missing.length === 0,
    notReady: missing,
    listeners: node.listeners,
    snapshot: snapshot === null ? null : snapshotStatus(snapshot),
    revision: snapshot === null ? null : revisionStatus(snapshot),
    refused: node.refused === null ? null : { at: iso(node.refused.atMs), problems: node.refused.problems },
    refusedGeo: node.refusedGeo,
    services:
      snapshot === null ? [] : [...snapshot.services.values()].map(({ policy, facts }) => serviceStatus(policy, facts)),
  }
}

/** Empty when the node can serve. */
export function reasonsNotReady(snapshot: Snapshot | null, node: NodeStatus): readonly string[] {
  return snapshot === null ? ['no policies are in force yet', ...node.missing] : node.missing
}

const iso = (ms: number): string => new Date(ms).toISOString()

const snapshotStatus = ({ number, compiledAtMs, facts, freshness }: Snapshot) => ({
  number,
  compiledAt: iso(compiledAtMs),
  facts: facts.number,
  freshness,
})

function revisionStatus({ revision }: Snapshot) {
  const { number, digest, author, reason, atMs } = revision
  return { number, digest, author, reason, at: iso(atMs) }
}

function serviceStatus(policy: Policy, facts: PolicyFacts): ServiceStatus {
  const { service, names, endpoints } = policy
  const reasons = reasonsOut(policy, facts)
  return {
    service,
    names,
    endpoints: endpoints.map(({ id, index, enabled }) => {
      const { health, override } = facts.endpoints[index] ?? NO_FACTS
      const why = reasons[index] ?? null
      const out = why === null ? null : describeReason(why, policy)
      return { endpoint: id, enabled, health, override: override?.state ?? null, out }
    }),
  }
}
