import type { Endpoint } from '../domain/endpoint.ts'
import { arcKm, type UnitVector, unitVector } from '../domain/place.ts'

/** Least absolute deviations over 59,887 measured pairs; the intercept is access technology. */
const FIT_MS_PER_1000_KM = 16.8
const FIT_INTERCEPT_MS = 20
/** Light in fibre, there and back (latency.md C): nothing is faster. */
const FLOOR_MS_PER_1000_KM = 10
const SD = { baseMs: 6, msPer1000Km: 4.5, maximumMs: 35 }

/** Where the distance is unknown: that of a client in the middle of everybody, and as uncertain as all of them. */
const UNPLACED_KM = 5000
const UNPLACED_SD_MS = 60

/** What distance alone says of a client and a target. */
export interface Prior {
  readonly rttMs: number
  readonly sdMs: number
  readonly floorMs: number
  /** False: no place for one of the two, so it orders nothing. */
  readonly isPlaced: boolean
}

const UNPLACED: Prior = {
  rttMs: FIT_INTERCEPT_MS + (FIT_MS_PER_1000_KM * UNPLACED_KM) / 1000,
  sdMs: UNPLACED_SD_MS,
  floorMs: 0,
  isPlaced: false,
}

const PLACES = new WeakMap<Endpoint, readonly UnitVector[]>()

/** Where the endpoint's sites are; measured once, for it is asked for every location. */
export function placesOf(endpoint: Endpoint): readonly UnitVector[] {
  let places = PLACES.get(endpoint)
  if (places === undefined) {
    places = endpoint.sites.map(unitVector)
    PLACES.set(endpoint, places)
  }
  return places
}

/**
 * `rtt0 = max(10 d, 20 + 16.8 d)` ms with d in 1000 km, of the nearest of the sites (latency.md E1; the second is always the
 * greater), and its deviation `clamp(6 + 4.5 d, 6, 35)` ms plus 16.8 ms for every 1000 km by which the client's place is uncertain. It
 * rises with distance, so it orders as `nearest` does.
 */
export function priorOf(sites: readonly UnitVector[], client: UnitVector | null, radiusKm: number | null): Prior {
  if (client === null || sites.length === 0) return UNPLACED
  let km = Number.POSITIVE_INFINITY
  for (const site of sites) km = Math.min(km, arcKm(client, site))
  const d = km / 1000
  return {
    rttMs: FIT_INTERCEPT_MS + FIT_MS_PER_1000_KM * d,
    sdMs: Math.min(SD.maximumMs, SD.baseMs + SD.msPer1000Km * d) + (FIT_MS_PER_1000_KM * (radiusKm ?? 0)) / 1000,
    floorMs: FLOOR_MS_PER_1000_KM * d,
    isPlaced: true,
  }
}
