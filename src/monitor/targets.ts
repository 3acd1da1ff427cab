import { formatAddress, parseAddress } from '../domain/address.ts'
import { appliedChecks, type Check, type ProbeHost } from '../domain/check.ts'
import type { Endpoint } from '../domain/endpoint.ts'
import type { Policy } from '../domain/policy.ts'
import { hostKey } from './belief/target.ts'
import type { TargetGuard } from './target-guard.ts'

/** One check at one address of one endpoint, as the policy wants it. */
export interface PlannedTarget {
  /** The same for as long as the check keeps its name, and the endpoint its address. */
  readonly key: string
  readonly check: Check
  readonly host: ProbeHost
  /** Why it must not be probed; null when it may. */
  readonly guarded: string | null
}

/** All targets of an endpoint, each address by itself. None of one that is disabled: nobody is sent there. */
export function planTargets(policy: Policy, endpoint: Endpoint, guard: TargetGuard): readonly PlannedTarget[] {
  if (!endpoint.enabled) return []
  return appliedChecks(policy, endpoint).needed.flatMap((check) =>
    hostsOf(check, endpoint).map((host) => ({
      key: [policy.service, endpoint.id, check.name, hostKey(host) ?? ''].join('/'),
      check,
      host,
      guarded: host !== null && 'address' in host ? guardedAddress(host.address, guard) : null,
    })),
  )
}

function guardedAddress(address: Parameters<TargetGuard>[0], guard: TargetGuard): string | null {
  const reason = guard(address)
  return reason === null ? null : `${formatAddress(address)}: ${reason}`
}

/** Composites are counted from the others: there is nothing to ask. */
function hostsOf(check: Check, endpoint: Endpoint): readonly ProbeHost[] {
  switch (check.kind) {
    case 'http':
    case 'tcp':
    case 'tls':
    case 'dns':
    case 'grpc':
      return addressesOf(endpoint)
    case 'heartbeat':
    case 'exec':
      return [null]
    case 'all':
    case 'any':
    case 'atLeast':
    case 'not':
      return []
  }
}

function addressesOf({ a, aaaa, hostname, url }: Endpoint): readonly ProbeHost[] {
  const addresses = [...a, ...aaaa]
  if (addresses.length > 0) return addresses.map((address) => ({ address }))
  const name = hostname ?? (url === null ? null : new URL(url).hostname)
  if (name === null) return []
  const address = parseAddress(name.replace(/^\[|\]$/g, ''))
  if (address !== null) return [{ address }]
  return [
    { hostname: name, family: 4 },
    { hostname: name, family: 6 },
  ]
}
