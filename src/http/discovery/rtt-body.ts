import { formatPrefix, type IpPrefix, parsePrefix, prefixOf, unmapped } from '../../domain/address.ts'
import type { NetworkRtt } from '../../ports/heartbeat-sink.ts'
import { badBody, type HttpProblem } from '../problem.ts'
import { isRecord } from './json-body.ts'

const MAX_NETWORKS = 256
/** What no clock measures of a connection; which times count is the estimator's to say. */
const MOST_MS = 1e8
/** latency.md E, "Privacy": nothing finer is kept. */
const KEPT_BITS = { 4: 24, 6: 48 } as const
const MAPPED_BITS = 96

/** Reads the field `rtt` of a heartbeat: milliseconds by network, one row for each in the end, the shortest. */
export function parseRtts(value: unknown): readonly NetworkRtt[] | HttpProblem {
  if (!isRecord(value) || Object.keys(value).length > MAX_NETWORKS) {
    return badBody(`rtt is an object of at most ${MAX_NETWORKS} numbers of milliseconds by network.`)
  }
  const rtts = new Map<string, NetworkRtt>()
  for (const [text, rttMs] of Object.entries(value)) {
    const network = parseNetwork(text)
    if (network === null) return badBody('rtt: a network is written as 192.0.2.0/24 or 2001:db8:1::/48.')
    if (typeof rttMs !== 'number' || !(rttMs >= 0 && rttMs <= MOST_MS)) {
      return badBody(`rtt: a round trip is a number of milliseconds from 0 to ${MOST_MS}.`)
    }
    const key = formatPrefix(network)
    if (rttMs < (rtts.get(key)?.rttMs ?? Infinity)) rtts.set(key, { network, rttMs })
  }
  return [...rtts.values()]
}

/** Cut to what is kept; null for what is no network. */
function parseNetwork(text: string): IpPrefix | null {
  const given = parsePrefix(text)
  // An address with the length of its network: it is plain what is meant.
  const parsed = given.ok || given.problem !== 'hostBits' ? given : parsePrefix(given.suggestion)
  if (!parsed.ok) return null
  const { prefix } = parsed
  // As a dual-stack socket calls an IPv4 peer.
  const address = prefix.length >= MAPPED_BITS ? unmapped(prefix) : prefix
  const length = address.family === prefix.family ? prefix.length : prefix.length - MAPPED_BITS
  return prefixOf(address, Math.min(length, KEPT_BITS[address.family]))
}
