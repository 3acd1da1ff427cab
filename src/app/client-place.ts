import { type IpAddress, normaliseAddress } from '../domain/address.ts'
import { type Location, NOWHERE } from '../domain/place.ts'
import type { GeoLocator } from '../ports/geo-locator.ts'

/** Where an address is, as measurements are filed. */
export interface ClientPlace {
  readonly location: Location
  /** 0 when unknown. */
  readonly asn: number
}

export function placeOfClient(geo: GeoLocator, address: IpAddress): ClientPlace {
  const place = normaliseAddress(address)
  return { location: geo.locations[geo.locate(place).locationId] ?? NOWHERE, asn: geo.asnOf(place) }
}
