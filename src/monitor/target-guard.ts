import {
  formatPrefix,
  type IpAddress,
  type IpPrefix,
  normaliseAddress,
  parsePrefix,
  prefixCovers,
  specialPurposeOf,
} from '../domain/address.ts'

/** Why an address must not be probed; null when it may. */
export type TargetGuard = (address: IpAddress) => string | null

export interface GuardLists {
  /** Networks that may be probed although they are guarded by default. */
  readonly allow: readonly IpPrefix[]
  /** Networks that are never probed. */
  readonly deny: readonly IpPrefix[]
}

/** Operators check their own machines; those who probe for others deny these. */
const OWN_NETWORKS = ['private use', 'loopback', 'shared address space', 'unique local']

/** What clouds answer there are credentials. Those of IPv4 link local are guarded with it. */
const METADATA: readonly (readonly [prefix: IpPrefix, cloud: string])[] = (
  [
    ['100.100.100.200', 'Alibaba Cloud'],
    ['168.63.129.16', 'Azure'],
    ['192.0.0.192', 'Oracle Cloud'],
    ['fd00:ec2::/32', 'AWS'],
    ['fd20:ce::254', 'Google Cloud'],
  ] as const
).flatMap(([text, cloud]) => {
  const parsed = parsePrefix(text)
  return parsed.ok ? [[parsed.prefix, cloud] as const] : []
})

/**
 * Keeps probes away from where no endpoint can be (OWASP, "Server-Side Request Forgery Prevention"): a policy, or the DNS name
 * in it, must not make the node knock at a metadata service. Of the lists the longest prefix decides, `deny` where they are
 * equal; where neither names an address, special-purpose networks are guarded but for the operator's own. An IPv4 address that
 * is embedded in an IPv6 one is judged as well.
 */
export function createTargetGuard({ allow, deny }: GuardLists): TargetGuard {
  const judge = (address: IpAddress): string | null => {
    const denied = longestOf(deny, address)
    const allowed = longestOf(allow, address)
    if (denied !== null && denied.length >= (allowed?.length ?? -1)) return `checks.deny holds ${formatPrefix(denied)}`
    return allowed === null ? guardedByDefault(address) : null
  }
  return (address) => {
    const inner = normaliseAddress(address)
    return judge(address) ?? (inner === address ? null : judge(inner))
  }
}

function longestOf(prefixes: readonly IpPrefix[], address: IpAddress): IpPrefix | null {
  return prefixes
    .filter((prefix) => prefixCovers(prefix, address))
    .reduce<IpPrefix | null>((best, prefix) => (prefix.length > (best?.length ?? -1) ? prefix : best), null)
}

function guardedByDefault(address: IpAddress): string | null {
  const [, cloud] = METADATA.find(([prefix]) => prefixCovers(prefix, address)) ?? []
  if (cloud !== undefined) return `metadata service of ${cloud}; checks.allow would permit it`
  const special = specialPurposeOf(address)
  if (special === null || OWN_NETWORKS.some((name) => special.name.startsWith(name))) return null
  return `${special.name}; checks.allow would permit it`
}
