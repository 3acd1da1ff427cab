import type { LatencyView, NamedNetworks } from '../domain/facts.ts'
import { unitVector } from '../domain/place.ts'
import { placesOf, priorOf } from './prior.ts'

/** Round-trip times from distance alone ({@link priorOf}): what is known before anything is measured. */
export const distanceView: LatencyView = {
  estimate(endpoint, { location }) {
    const at = location.point === null ? null : unitVector(location.point)
    const { rttMs, sdMs, isPlaced } = priorOf(placesOf(endpoint), at, location.radiusKm)
    return isPlaced ? { rttMs, sdMs, source: 'distance', samples: 0 } : null
  },
  networks: () => NO_NETWORKS,
}

const NO_NETWORKS: NamedNetworks = { asns: [], prefixes: [] }
