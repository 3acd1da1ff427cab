import { parsePrefix } from '../domain/address.ts'
import {
  type EndpointFacts,
  type LatencyView,
  NO_FACTS,
  type Override,
  type PolicyFacts,
  type Unreachable,
} from '../domain/facts.ts'
import { overrideFor } from '../domain/override.ts'
import type { Policy } from '../domain/policy.ts'
import type { FactsDocument, ServiceFacts } from '../http/admin/facts-document.ts'
import { distanceView } from '../latency/distance-view.ts'
import { createEstimator } from '../latency/estimator.ts'
import type { Store } from '../ports/store.ts'
import { readNodeMemory } from '../state/node-memory.ts'
import { askAdmin } from './ask-admin.ts'
import type { Config } from './config.ts'
import { assembleFacts } from './facts.ts'
import { HEARTBEAT_OWNER } from './heartbeats.ts'
import { LATENCY_MEMORY } from './latency-feed.ts'

/** What the running node goes by at this moment. */
export interface KnownFacts {
  /** Null when no node of this state directory answers on the admin port. */
  readonly node: FactsDocument | null
  /** As it was saved last. */
  readonly latency: LatencyView
}

/**
 * Asks the node of the state directory for its facts: one that serves a revision which the store does not hold is another's. Nobody is
 * waited for longer than a second.
 */
export async function askFacts(config: Config, store: Store, nowMs: number): Promise<KnownFacts> {
  const said = (await askAdmin(config.admin, '/v1/facts')) as FactsDocument | null
  const revision = said?.revision ?? null
  const own = revision === null ? null : await store.revision(revision.number)
  const node = own !== null && own.digest === revision?.digest ? said : null
  return { node, latency: await savedLatency(config.state, nowMs) }
}

async function savedLatency(stateDirectory: string, nowMs: number): Promise<LatencyView> {
  const saved = await readNodeMemory(stateDirectory, LATENCY_MEMORY, () => {})
  if (saved === null) return distanceView
  const estimator = createEstimator()
  estimator.restore(saved, nowMs)
  // The node goes by what it has published, not by what it may publish next.
  return estimator.published()
}

/** The facts of a policy's endpoints: as the node says them, where it knows the service, under the overrides that are given. */
export function factsOfPolicy(
  { node, latency }: KnownFacts,
  policy: Policy,
  overrides: readonly Override[],
  nowMs: number,
): PolicyFacts {
  const said = node !== null && Object.hasOwn(node.services, policy.service) ? node.services[policy.service] : undefined
  if (said === undefined) {
    const facts = assembleFacts({ policies: [policy], overrides, latency }, nowMs, null)
    return facts.of.get(policy.service) as PolicyFacts
  }
  const live = overrides.filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs)
  return {
    endpoints: policy.endpoints.map((endpoint) => {
      const known = endpointFacts(said, endpoint.id)
      // An endpoint may drain by its own word, too.
      const own = known.override?.owner === HEARTBEAT_OWNER ? known.override : null
      return { ...known, override: overrideFor(live, policy.service, endpoint) ?? own }
    }),
    latency,
    unreachable: said.unreachable.flatMap((it) => unreachable(it, policy)),
  }
}

const endpointFacts = ({ endpoints }: ServiceFacts, id: string): EndpointFacts => ({
  ...NO_FACTS,
  ...(Object.hasOwn(endpoints, id) ? endpoints[id] : undefined),
})

function unreachable(
  { endpoint, network, expiresAtMs }: ServiceFacts['unreachable'][number],
  policy: Policy,
): Unreachable[] {
  const index = policy.endpoints.findIndex(({ id }) => id === endpoint)
  if (index < 0) return []
  if (/^AS\d+$/.test(network)) return [{ endpoint: index, network: { asn: Number(network.slice(2)) }, expiresAtMs }]
  const parsed = parsePrefix(network)
  return parsed.ok ? [{ endpoint: index, network: { prefix: parsed.prefix }, expiresAtMs }] : []
}
