import { parsePrefix } from '../../src/domain/address.ts'
import { buildPrefixTree } from '../../src/domain/prefix-tree.ts'
import { createGeoLocator } from '../../src/geo/geo-locator.ts'
import { createLocationClasses, locationOf } from '../../src/geo/location-classes.ts'
import type { GeoLocator } from '../../src/ports/geo-locator.ts'

export interface FakeGeoRow {
  /** The longest prefix wins. */
  readonly cidr: string
  readonly country?: string
  readonly subdivision?: string
  /** With `lon`: city precision, at the middle of the half-degree cell as in a real database. Else the country's centroid. */
  readonly lat?: number
  readonly lon?: number
  readonly asn?: number
}

/** A locator that knows these networks and nothing else, made by the same code as the real ones. */
export function fakeGeo(rows: readonly FakeGeoRow[]): GeoLocator {
  const classes = createLocationClasses()
  const read = rows.map(({ cidr, country, subdivision, lat, lon, asn }) => {
    const parsed = parsePrefix(cidr)
    if (!parsed.ok) throw new Error(`fakeGeo: ${cidr} is no prefix: ${parsed.problem}`)
    const point = lat === undefined || lon === undefined ? null : { lat, lon }
    const location = locationOf({ country: country ?? null, subdivision: subdivision ?? null, point })
    return { prefix: parsed.prefix, value: classes.idOf(location), asn }
  })
  const withAsn = rows.some((row) => row.asn !== undefined)
  const cities = rows.some((row) => row.lat !== undefined)
  return createGeoLocator(
    {
      info: {
        name: 'fake',
        files: [],
        precision: cities ? 'city' : 'country',
        builtAtMs: null,
        attributions: [],
        hasAsn: withAsn,
      },
      digest: `fake-${JSON.stringify(rows)}`,
      locations: classes.locations,
      tree: buildPrefixTree(read),
      asns: withAsn
        ? buildPrefixTree(read.flatMap(({ prefix, asn }) => (asn === undefined ? [] : { prefix, value: asn })))
        : null,
    },
    () => null,
  )
}
