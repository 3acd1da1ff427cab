import type { Client } from '../domain/client.ts'
import type { PolicyFacts } from '../domain/facts.ts'
import type { Policy } from '../domain/policy.ts'
import { atOnce } from '../domain/turns.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'
import { classOf, networkClasses } from './network-classes.ts'
import { representative } from './steering-map.ts'

/**
 * What front ends tell the engine of a client: its place and its network class. More is known of some networks than a map
 * tells apart, and a node plans without it.
 */
export function plannedClient(policy: Policy, facts: PolicyFacts, geo: GeoLocator, client: Client): Client {
  const { network, frontEnd, request } = client
  if (network === null) return client
  const networks = atOnce(networkClasses(policy, facts, geo))
  const networkClass = networks.classes[classOf(networks, network.address)] ?? { prefix: null, asn: null }
  return { ...representative({ ...client.location, asn: null }, networkClass), frontEnd, request }
}
