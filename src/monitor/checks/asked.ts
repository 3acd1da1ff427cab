import { formatAddress, type IpAddress } from '../../domain/address.ts'
import type { ProbeTarget } from '../../ports/health-check.ts'
import type { Attempt } from './attempt.ts'
import type { CheckTools } from './kind.ts'

/** Who is asked: an address, and the name that the endpoint has, if any. */
export interface Asked {
  readonly address: IpAddress
  /** Lower case, without port; null for an endpoint of bare addresses. */
  readonly name: string | null
}

/**
 * The address to ask: the target's own, or the first of its host name that may be probed, as a client would take it.
 * Rejects when there is none.
 */
export async function whomToAsk(
  { endpoint, host }: ProbeTarget,
  { lookUp, guard }: Pick<CheckTools, 'lookUp' | 'guard'>,
  attempt: Attempt,
): Promise<Asked> {
  if (host === null) throw new Error('this kind of check probes an address, and was given none')
  if ('address' in host) {
    const guarded = guard(host.address)
    if (guarded !== null) throw new Error(`${formatAddress(host.address)} is not probed: ${guarded}`)
    return { address: host.address, name: nameOf(endpoint) }
  }
  attempt.waitsFor(`the addresses of ${host.hostname}`)
  const addresses = (await lookUp(host.hostname, host.family)).filter(({ family }) => family === host.family)
  const address = addresses.find((candidate) => guard(candidate) === null)
  if (address !== undefined) return { address, name: nameOf(endpoint) ?? host.hostname }
  const [guarded] = addresses
  throw new Error(
    guarded === undefined
      ? `${host.hostname} has no IPv${host.family} address`
      : `${host.hostname} is ${formatAddress(guarded)}, which is not probed: ${guard(guarded)}`,
  )
}

/** That of its URL, or its host name. An address in a URL is no name. */
function nameOf({ url, hostname }: ProbeTarget['endpoint']): string | null {
  const host = url === null ? hostname : new URL(url).hostname
  return host === null || isBareAddress(host) ? null : host
}

/** As it stands in a URL: IPv6 in brackets. */
export const isBareAddress = (host: string): boolean => host.startsWith('[') || /^[\d.]+$/.test(host)

/** As it stands in a URL, RFC 3986 §3.2.2. */
export const inUrl = (address: IpAddress): string =>
  address.family === 4 ? formatAddress(address) : `[${formatAddress(address)}]`
