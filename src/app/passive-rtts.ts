import { normaliseAddress, specialPurposeOf } from '../domain/address.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { Heartbeat, HeartbeatSink } from '../ports/heartbeat-sink.ts'
import type { Snapshot } from '../steering/snapshot.ts'
import { placeOfClient } from './client-place.ts'
import type { LatencyFeed } from './latency-feed.ts'

export interface PassiveRttsParts {
  readonly current: () => Snapshot | null
  readonly latency: Pick<LatencyFeed, 'addPassive' | 'passedOver'>
}

/** Of one endpoint: oftener than heartbeats are sent, and 51 networks a second at most. */
const LISTEN_EVERY_MS = 5_000
/** Of all endpoints of a node: a few per cent of a core. */
const A_SECOND = 2_000
const AT_ONCE = 4_000

/**
 * Brings the round trips that endpoints saw on their own connections to the estimator, as measurements about the endpoint whose token
 * was shown and no other. There the caps and the rules against poison are those of clients' reports.
 */
export function createPassiveRtts({ current, latency }: PassiveRttsParts): HeartbeatSink {
  // As many as endpoints are in force.
  const heardAtMs = new WeakMap<Endpoint, number>()
  let left = AT_ONCE
  let leftAtMs = -Infinity

  const isTooOften = (endpoint: Endpoint, atMs: number): boolean => {
    // Clocks are set back: what lies far ahead is as old as what lies far behind.
    if (Math.abs(atMs - (heardAtMs.get(endpoint) ?? -Infinity)) < LISTEN_EVERY_MS) return true
    heardAtMs.set(endpoint, atMs)
    return false
  }
  const refill = (atMs: number): void => {
    left = Math.min(AT_ONCE, left + (Math.max(0, atMs - leftAtMs) / 1000) * A_SECOND)
    leftAtMs = atMs
  }
  return {
    take({ service, endpoint: id, rtts, atMs }: Heartbeat) {
      const snapshot = current()
      const endpoint = snapshot?.services.get(service)?.policy.endpoints.find((each) => each.id === id)
      if (snapshot === null || endpoint === undefined || rtts.length === 0) return
      if (isTooOften(endpoint, atMs)) return latency.passedOver('tooOften', rtts.length)
      refill(atMs)
      for (const { network, rttMs } of rtts) {
        if (left < 1) latency.passedOver('busy', 1)
        // Its own machines, and balancers: nobody who is steered.
        else if (specialPurposeOf(normaliseAddress(network)) !== null) latency.passedOver('notGlobal', 1)
        else {
          left--
          const { location, asn } = placeOfClient(snapshot.geo, network)
          const { family } = network
          latency.addPassive({ prefix: network, location, asn: asn === 0 ? null : asn, endpoint, family, rttMs, atMs })
        }
      }
    },
  }
}
