import {
  bitAt,
  type IpAddress,
  type IpPrefix,
  normaliseAddress,
  prefixCovers,
  SPECIAL_PURPOSE,
  specialPurposeOf,
  unmapped,
} from '../domain/address.ts'
import type { Zone } from '../domain/zone.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'
import type { Asker, Decision } from '../steering/decide.ts'
import type { ClientSubnet } from './wire/client-subnet.ts'

/** Who is steered, and what SCOPE PREFIX-LENGTH the decision about them means to the resolver that asked. */
export interface SteeredAsker {
  readonly asker: Asker
  scopeOf(decision: Decision): number
}

/** The client subnet if there is one to go by, else the resolver. */
export function steeredAsker(
  resolver: IpAddress,
  ecs: ClientSubnet | null,
  zoneEcs: Zone['ecs'],
  geo: GeoLocator,
): SteeredAsker {
  // RFC 7871 §7.1.2: SOURCE 0 asks not to be tailored to a subnet: the resolver's address decides, and the scope is 0.
  if (ecs === null || ecs.address === null || !isBelieved(zoneEcs, resolver)) {
    return { asker: resolverAsker(resolver), scopeOf: () => 0 }
  }
  const { address, sourcePrefixLength } = ecs
  const network = normaliseAddress(address)
  const offset = embeddedAt(address)
  const special = unplacedSpecialPurpose(network, sourcePrefixLength - offset, geo)
  if (special !== null) {
    // The same answer for all of the special-purpose network that no override places, as far as this resolver goes.
    const scope = offset + Math.max(special.length, geo.locate(network).prefixLength)
    return { asker: resolverAsker(resolver), scopeOf: tailored(() => scope) }
  }
  const asker: Asker = { frontEnd: 'dns', address, prefixLength: sourcePrefixLength, source: 'ecs', request: null }
  // An override inside a special-purpose network says nothing about what is around it there.
  const placedLength = specialPurposeOf(network) === null ? 0 : geo.locate(network).prefixLength
  return {
    asker,
    scopeOf: tailored((scope) => {
      const least = Math.max(scope - offset, placedLength)
      return Math.max(scope, offset + lengthWithoutSpecialPurpose(network, least))
    }),
  }
}

/** Where a zone lists the resolvers that it believes, the subnets of all others say nothing, as with `never`. */
function isBelieved(zoneEcs: Zone['ecs'], resolver: IpAddress): boolean {
  if (typeof zoneEcs === 'string') return zoneEcs === 'always'
  const address = unmapped(resolver)
  return zoneEcs.trusted.some((prefix) => prefixCovers(prefix, address))
}

/** An answer that is not tailored has scope 0, whoever asked. */
const tailored =
  (scopeFrom: (decided: number) => number): SteeredAsker['scopeOf'] =>
  ({ scopePrefixLength }) =>
    scopePrefixLength === 0 ? 0 : scopeFrom(scopePrefixLength)

const resolverAsker = (address: IpAddress): Asker => ({
  frontEnd: 'dns',
  address,
  prefixLength: address.bytes.length * 8,
  source: 'resolver',
  request: null,
})

/**
 * RFC 7871 §11.3 lets a server ignore subnets that are not routed (RFC 6890), because they say nothing about a place.
 * Those that the operator's overrides do place are the exception.
 */
function unplacedSpecialPurpose(network: IpAddress, knownLength: number, geo: GeoLocator): IpPrefix | null {
  const special = specialPurposeOf(network)
  const isInside = special !== null && knownLength >= special.prefix.length
  return isInside && geo.locate(network).locationId === 0 ? special.prefix : null
}

/**
 * The least length, from `length` on, at which the network around the address holds no special-purpose network: the
 * clients there are answered by their resolver's address, so no answer to others may be served to them.
 */
function lengthWithoutSpecialPurpose(address: IpAddress, length: number): number {
  let least = length
  for (const { prefix } of SPECIAL_PURPOSE) {
    if (prefix.family !== address.family) continue
    let common = 0
    while (common < prefix.length && bitAt(prefix.bytes, common) === bitAt(address.bytes, common)) common++
    if (common < prefix.length && common >= least) least = common + 1
  }
  return least
}

/** Bits before the IPv4 address in a v4-mapped, NAT64 (96) or 6to4 (16) address; 0 in others. */
function embeddedAt(address: IpAddress): number {
  if (normaliseAddress(address).family === address.family) return 0
  return address.bytes[0] === 0x20 ? 16 : 96
}
