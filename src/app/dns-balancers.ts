import type { Balancers } from '../dns/balancers.ts'
import type { FrontParts } from './front-parts.ts'

const LOG_EVERY_MS = 1_000

/** The balancers of `dns.proxyFrom`. What is dropped is counted, and logged at most once a second. */
export function openBalancers({ config, metrics, nowMs, log }: FrontParts): Balancers {
  let loggedAtMs = Number.NEGATIVE_INFINITY
  let unlogged = 0
  return {
    networks: config.dnsProxyFrom,
    onRefused(message) {
      metrics.onDnsProxyRefused()
      const ms = nowMs()
      if (ms - loggedAtMs < LOG_EVERY_MS) {
        unlogged++
        return
      }
      const others = unlogged === 0 ? '' : ` (and ${unlogged} since the last time)`
      log.warn(`DNS: ${message}${others}`)
      loggedAtMs = ms
      unlogged = 0
    },
  }
}
