import type { IpAddress } from '../domain/address.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import { type EndpointFacts, NO_FACTS, type PolicyFacts } from '../domain/facts.ts'
import type { Policy } from '../domain/policy.ts'

/**
 * The endpoints as answers show them: without addresses that are believed down, while others of their family are up.
 * Those with nothing to leave out are the policy's own objects, and the whole list is that of `before`, which was made
 * from the same policy, where nothing changed.
 */
export function servedEndpoints(
  { endpoints }: Policy,
  facts: PolicyFacts,
  before: readonly Endpoint[] | undefined,
): readonly Endpoint[] {
  const served = endpoints.map((endpoint, index) => {
    const shown = withoutDown(endpoint, facts.endpoints[index] ?? NO_FACTS)
    const known = before?.[index]
    return known !== undefined && isShownAlike(known, shown) ? known : shown
  })
  if (before?.length === served.length && served.every((endpoint, index) => endpoint === before[index])) return before
  return served.every((endpoint, index) => endpoint === endpoints[index]) ? endpoints : served
}

function withoutDown(endpoint: Endpoint, { ipv4Down, ipv6Down, override }: EndpointFacts): Endpoint {
  // An operator's word over health is one over that of its addresses, too.
  if (override?.state === 'up') return endpoint
  const a = remaining(endpoint.a, ipv4Down)
  const aaaa = remaining(endpoint.aaaa, ipv6Down)
  return a === endpoint.a && aaaa === endpoint.aaaa ? endpoint : { ...endpoint, a, aaaa }
}

/** Where all are down nobody is better than the others: whether the family counts is for the `up` step to say. */
function remaining(addresses: readonly IpAddress[], down: readonly number[]): readonly IpAddress[] {
  if (down.length === 0) return addresses
  const up = addresses.filter((_, position) => !down.includes(position))
  return up.length === 0 || up.length === addresses.length ? addresses : up
}

/** Both are one endpoint of one policy. */
const isShownAlike = (a: Endpoint, b: Endpoint): boolean => sameAddresses(a.a, b.a) && sameAddresses(a.aaaa, b.aaaa)

const sameAddresses = (a: readonly IpAddress[], b: readonly IpAddress[]): boolean =>
  a.length === b.length && a.every((address, index) => address === b[index])
