/**
 * A world to judge the estimator in, made from the fibre model with noise, inflation and detours; the same for the same seed. Its spreads
 * are about those measured on real matrices (docs/latency.md): 24 ms between the path from a place to a site and the distance fit
 * (shared by the cables of the area, the subregion and the country), 8 ms between an ASN's and its country's, 6 ms between a prefix's
 * and its ASN's, all with heavy tails, and now and then a detour.
 */

import type { IpPrefix } from '../../src/domain/address.ts'
import { COUNTRIES } from '../../src/domain/countries.ts'
import type { Endpoint } from '../../src/domain/endpoint.ts'
import { mix32 } from '../../src/domain/hash.ts'
import { distanceKm, type GeoPoint, type Location, NOWHERE } from '../../src/domain/place.ts'
import { makeEndpoint } from '../../test/helpers/compact-policy.ts'

/** Where people are: latitude, longitude, country, and how many ASNs. */
const CITIES: readonly (readonly [lat: number, lon: number, country: string, asns: number])[] = [
  [40.7, -74, 'US', 8],
  [34, -118.2, 'US', 8],
  [41.9, -87.6, 'US', 5],
  [29.8, -95.4, 'US', 4],
  [43.7, -79.4, 'CA', 4],
  [19.4, -99.1, 'MX', 4],
  [4.7, -74.1, 'CO', 3],
  [-12, -77, 'PE', 3],
  [-23.5, -46.6, 'BR', 6],
  [-3.7, -38.5, 'BR', 3],
  [-34.6, -58.4, 'AR', 3],
  [-33.4, -70.7, 'CL', 3],
  [51.5, -0.1, 'GB', 5],
  [48.9, 2.4, 'FR', 5],
  [52.5, 13.4, 'DE', 6],
  [40.4, -3.7, 'ES', 4],
  [41.9, 12.5, 'IT', 4],
  [52.2, 21, 'PL', 4],
  [59.3, 18.1, 'SE', 3],
  [60.2, 24.9, 'FI', 3],
  [55.8, 37.6, 'RU', 5],
  [55, 82.9, 'RU', 3],
  [50.5, 30.5, 'UA', 3],
  [41, 28.9, 'TR', 4],
  [30, 31.2, 'EG', 3],
  [6.5, 3.4, 'NG', 3],
  [-1.3, 36.8, 'KE', 3],
  [-26.2, 28, 'ZA', 4],
  [25.2, 55.3, 'AE', 3],
  [24.7, 46.7, 'SA', 3],
  [35.7, 51.4, 'IR', 3],
  [24.9, 67, 'PK', 3],
  [19.1, 72.9, 'IN', 6],
  [28.6, 77.2, 'IN', 5],
  [23.8, 90.4, 'BD', 3],
  [13.8, 100.5, 'TH', 3],
  [21, 105.8, 'VN', 3],
  [-6.2, 106.8, 'ID', 5],
  [14.6, 121, 'PH', 3],
  [22.3, 114.2, 'HK', 3],
  [31.2, 121.5, 'CN', 5],
  [25, 121.5, 'TW', 3],
  [37.6, 127, 'KR', 4],
  [35.7, 139.7, 'JP', 6],
  [-33.9, 151.2, 'AU', 4],
  [-36.8, 174.8, 'NZ', 3],
]

const HUBS: readonly (readonly [id: string, lat: number, lon: number, country: string])[] = [
  ['iad', 38.9, -77.5, 'US'],
  ['sjc', 37.4, -121.9, 'US'],
  ['fra', 50, 8.6, 'DE'],
  ['sin', 1.4, 104, 'SG'],
  ['gru', -23.4, -46.5, 'BR'],
  ['lhr', 51.5, -0.5, 'GB'],
  ['nrt', 35.8, 140.4, 'JP'],
  ['syd', -34, 151.2, 'AU'],
  ['bom', 19.1, 72.9, 'IN'],
  ['jnb', -26.1, 28.3, 'ZA'],
  ['dfw', 32.9, -97, 'US'],
  ['arn', 59.7, 17.9, 'SE'],
]

export interface WorldClient {
  readonly prefix: IpPrefix
  readonly location: Location
  readonly asn: number
  /** True round trips by endpoint, ms. */
  readonly rttMs: readonly number[]
}

export interface World {
  readonly endpoints: readonly Endpoint[]
  readonly clients: readonly WorldClient[]
  /** Steering nodes, one beside every endpoint, with their true round trips. */
  readonly nodes: readonly { readonly point: GeoPoint; readonly rttMs: readonly number[] }[]
}

export interface Dice {
  /** 0…1. */
  uniform(): number
  below(n: number): number
  /** Symmetric around 0 with this standard deviation, tails like those of measured residuals. */
  laplace(sd: number): number
  exponential(mean: number): number
}

export function diceOf(seed: number): Dice {
  let state = seed >>> 0
  const uniform = (): number => {
    state = (state + 0x9e3779b9) >>> 0
    return (mix32(state) + 0.5) / 2 ** 32
  }
  return {
    uniform,
    below: (n) => Math.floor(uniform() * n),
    laplace(sd) {
      const u = uniform() - 0.5
      return (-sd / Math.SQRT2) * Math.sign(u) * Math.log(1 - 2 * Math.abs(u))
    },
    exponential: (mean) => -mean * Math.log(uniform()),
  }
}

const SPREAD_MS = { area: 17, subregion: 8, country: 15, asn: 8, prefix: 6 }
/** Neighbours share cables: what they have in common falls off over about this distance. */
const AREA = { km: 1200, anchors: 200 }
/** Of the paths of an ASN to a site. */
const DETOURS = { share: 0.06, leastMs: 20, mostMs: 180 }
const ACCESS_MS = { least: 4, mean: 14 }

export interface WorldSize {
  readonly endpointCount: number
  readonly prefixesPerAsn: number
}

/** A path that hardly leaves the country has little room for surprises. */
const reach = (point: GeoPoint, site: GeoPoint): number => Math.min(1, 0.25 + distanceKm(point, site) / 4000)

/** Values of standard deviation 1 over the sphere, alike for neighbours. */
function fieldOf(dice: Dice): (point: GeoPoint) => number {
  const anchors = Array.from({ length: AREA.anchors }, () => ({
    lat: (Math.asin(2 * dice.uniform() - 1) * 180) / Math.PI,
    lon: dice.uniform() * 360 - 180,
    value: dice.laplace(1),
  }))
  return (point) => {
    let sum = 0
    let squares = 0
    for (const anchor of anchors) {
      const weight = Math.exp(-((distanceKm(point, anchor) / AREA.km) ** 2))
      sum += weight * anchor.value
      squares += weight * weight
    }
    return sum / Math.sqrt(squares)
  }
}

export function makeWorld({ endpointCount, prefixesPerAsn }: WorldSize, seed: number): World {
  const dice = diceOf(seed)
  const endpoints = HUBS.slice(0, endpointCount).map(([id, lat, lon, country], index) =>
    makeEndpoint(id, index, { at: [lat, lon, country] }),
  )
  const sites = endpoints.map(({ sites }) => sites[0]!)
  const surprise = (point: GeoPoint, sd: number): readonly number[] =>
    sites.map((site) => dice.laplace(sd * reach(point, site)))
  const areas = sites.map(() => fieldOf(dice))
  const shared = new Map<string, readonly number[]>()
  /** The same for everybody of `area`. */
  const sharedBy = (area: string, point: GeoPoint, sd: number): readonly number[] => {
    const known = shared.get(area) ?? surprise(point, sd)
    shared.set(area, known)
    return known
  }
  const ofPlace = (country: string, point: GeoPoint): readonly (readonly number[])[] => [
    areas.map((field, i) => SPREAD_MS.area * field(point) * reach(point, sites[i]!)),
    sharedBy(`${COUNTRIES.get(country)?.subregion}`, point, SPREAD_MS.subregion),
    sharedBy(country, point, SPREAD_MS.country),
  ]
  const rttOf = (point: GeoPoint, accessMs: number, extra: readonly (readonly number[])[]): readonly number[] =>
    sites.map((site, i) => {
      const d = distanceKm(point, site) / 1000
      const pathMs = 16.8 * d + 4 + extra.reduce((sum, of) => sum + of[i]!, 0)
      return Math.max(10 * d, pathMs) + accessMs
    })

  const clients: WorldClient[] = []
  let asn = 64_500
  let block = 0
  for (const [lat, lon, country, asnCount] of CITIES) {
    for (let i = 0; i < asnCount; i++) {
      asn++
      const detours = sites.map(() =>
        dice.uniform() < DETOURS.share ? DETOURS.leastMs + dice.uniform() * (DETOURS.mostMs - DETOURS.leastMs) : 0,
      )
      const ofAsn = surprise({ lat, lon }, SPREAD_MS.asn)
      for (let p = 0; p < prefixesPerAsn; p++) {
        block += 1 + dice.below(12)
        const point = { lat: lat + dice.laplace(1.5), lon: lon + dice.laplace(1.5) }
        const accessMs = ACCESS_MS.least + dice.exponential(ACCESS_MS.mean)
        const extra = [...ofPlace(country, point), ofAsn, detours, surprise(point, SPREAD_MS.prefix)]
        clients.push({
          prefix: prefixNumbered(block),
          location: locationAt(point, country),
          asn,
          rttMs: rttOf(point, accessMs, extra),
        })
      }
    }
  }
  const nodes = sites.map((site) => ({
    point: { lat: site.lat, lon: site.lon },
    rttMs: rttOf(site, 0.5, ofPlace(site.country, site)),
  }))
  return { endpoints, clients, nodes }
}

/** The n-th /24 from 11.0.0.0 on. */
const prefixNumbered = (n: number): IpPrefix => ({
  family: 4,
  bytes: Uint8Array.from([11 + (n >> 16), (n >> 8) & 0xff, n & 0xff, 0]),
  length: 24,
})

/** As a city database has it: the middle of the half-degree cell. */
function locationAt({ lat, lon }: GeoPoint, country: string): Location {
  const middle = (degrees: number): number => Math.floor(degrees * 2) / 2 + 0.25
  const known = COUNTRIES.get(country)
  return {
    ...NOWHERE,
    country,
    continent: known?.continent ?? null,
    subregion: known?.subregion ?? null,
    point: { lat: middle(lat), lon: middle(lon) },
    radiusKm: 25,
    precision: 'city',
  }
}
