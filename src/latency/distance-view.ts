import type { LatencyView } from '../domain/facts.ts'
import { distanceKm } from '../domain/place.ts'

/** Least absolute deviations over 59,887 measured pairs; the intercept is access technology. */
const FIT_MS_PER_1000_KM = 16.8
const FIT_INTERCEPT_MS = 20
const SD = { baseMs: 6, msPer1000Km: 4.5, maximumMs: 35 }

/**
 * Round-trip times from distance alone, of the nearest of an endpoint's sites: `rtt0 = 20 + 16.8 d` ms with d in 1000 km
 * (latency.md E1; always above the physical floor of 10 d), and its standard deviation `clamp(6 + 4.5 d, 6, 35)` ms plus
 * 16.8 ms for every 1000 km by which the client's place is uncertain. It rises with distance, so it orders as `nearest` does.
 */
export const distanceView: LatencyView = {
  estimate(endpoint, location) {
    const { point } = location
    if (point === null || endpoint.sites.length === 0) return null
    const km = Math.min(...endpoint.sites.map((site) => toMetres(distanceKm(point, site))))
    const d = km / 1000
    return {
      rttMs: FIT_INTERCEPT_MS + FIT_MS_PER_1000_KM * d,
      sdMs:
        Math.min(SD.maximumMs, SD.baseMs + SD.msPer1000Km * d) + (FIT_MS_PER_1000_KM * (location.radiusKm ?? 0)) / 1000,
      source: 'distance',
      samples: 0,
    }
  },
}

/** Whole metres, as `nearest` measures: a tie there is a tie here. */
const toMetres = (km: number): number => Math.round(km * 1000) / 1000
