import { type IpPrefix, prefixCovers } from '../../domain/address.ts'
import type { Client } from '../../domain/client.ts'
import type { Continent, Location } from '../../domain/place.ts'
import { DEPENDS } from '../../domain/plan.ts'
import { subdivisionCode } from '../selectors.ts'
import { type Test, truthOf } from '../view.ts'

const ofClient = (reads: number, holds: (client: Client) => boolean): Test => ({
  reads,
  validUntilMs: Number.POSITIVE_INFINITY,
  test(view) {
    view.reads |= reads
    return truthOf(holds(view.client))
  },
})

const ofLocation = (holds: (location: Location) => boolean): Test =>
  ofClient(DEPENDS.location, (client) => holds(client.location))

export function country(codes: readonly string[]): Test {
  const wanted = new Set(codes)
  return ofLocation((location) => location.country !== null && wanted.has(location.country))
}

export const continent = (codes: readonly Continent[]): Test =>
  ofLocation((location) => location.continent !== null && codes.includes(location.continent))

export function subdivision(codes: readonly string[]): Test {
  const wanted = new Set(codes)
  return ofLocation((location) => wanted.has(subdivisionCode(location) ?? ''))
}

export const located = (is: boolean): Test => ofLocation((location) => (location.precision !== 'none') === is)

export function asn(numbers: readonly number[]): Test {
  const wanted = new Set(numbers)
  return ofClient(DEPENDS.asn, (client) => client.location.asn !== null && wanted.has(client.location.asn))
}

export const cidr = (prefixes: readonly IpPrefix[]): Test =>
  ofClient(DEPENDS.cidr, (client) => prefixes.some((prefix) => isInside(client, prefix)))

/** Whether all that is known of the client's network lies inside. A client without a network is in none. */
export function isInside(client: Client, prefix: IpPrefix): boolean {
  return (
    client.network !== null &&
    client.network.prefixLength >= prefix.length &&
    prefixCovers(prefix, { family: client.network.address.family, bytes: client.network.address.bytes })
  )
}
