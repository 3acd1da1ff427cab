import type { HttpsService } from '../domain/policy.ts'
import type { SvcParam } from '../domain/zone.ts'
import type { Ask } from './answering.ts'
import { isHostname, type Target } from './handed-out.ts'
import { SVC_PARAM, TYPE } from './wire/codes.ts'
import { ROOT, type WireName } from './wire/name.ts'
import { type RRset, svcbData, type WireData, wireNameOf } from './wire/record-data.ts'

/** Addresses of one name in their wire forms, and how long they hold. */
interface Hints {
  readonly ipv4: readonly Uint8Array[]
  readonly ipv6: readonly Uint8Array[]
  readonly ttlSeconds: number
}

/**
 * HTTPS records of a service (RFC 9460): one for each target, the best first. Endpoints without a hostname share the record for
 * the owner name, whose hints are what A and AAAA answer there. Null when no target can be reached.
 */
export function steeredHttps(
  https: HttpsService,
  targets: readonly Target[],
  ttlSeconds: number,
  owner: WireName,
  ask: Ask,
): RRset | null {
  const [only] = targets
  if (only !== undefined && targets.length === 1 && isHostname(only)) {
    // RFC 9460 §2.4.2: AliasMode is there "to allow aliasing at the zone apex, where CNAME is not allowed": as with a CNAME,
    // the owner of the hostname says what is spoken there.
    const data = svcbData({ priority: 0, target: wireNameOf(only.hostname), params: [] })
    return { type: TYPE.HTTPS, ttlSeconds, data: [data] }
  }
  const hints = new Map<WireName, Hints>()
  for (const target of targets) {
    if (target.hostname !== null) {
      const name = wireNameOf(target.hostname)
      hints.set(name, joined(hints.get(name), target, ttlSeconds))
    } else if (!hints.has(ROOT) && (target.a.length > 0 || target.aaaa.length > 0)) {
      hints.set(ROOT, addressesAt(owner, ask))
    }
  }
  if (hints.size === 0) return null
  // RFC 9460 §2.4.1: AliasMode beside ServiceMode would have the others ignored, so a list has ServiceMode alone.
  const data = [...hints].map(([target, own], index) =>
    svcbData({ priority: index + 1, target, params: paramsOf(https, own) }),
  )
  const ttls = [...hints.values()].map((own) => own.ttlSeconds)
  return { type: TYPE.HTTPS, ttlSeconds: Math.min(ttlSeconds, ...ttls), data }
}

/** Two endpoints may have one hostname. */
const joined = (before: Hints | undefined, { a, aaaa }: Target, ttlSeconds: number): Hints => ({
  ipv4: distinct([...(before?.ipv4 ?? []), ...a.map(({ bytes }) => bytes)]),
  ipv6: distinct([...(before?.ipv6 ?? []), ...aaaa.map(({ bytes }) => bytes)]),
  ttlSeconds,
})

const distinct = (addresses: readonly Uint8Array[]): readonly Uint8Array[] => [
  ...new Map(addresses.map((bytes) => [bytes.join('.'), bytes])).values(),
]

/** RFC 9460 §2.2: "SvcParamKeys SHALL appear in increasing numeric order", each once. */
function paramsOf({ alpn, port }: HttpsService, { ipv4, ipv6 }: Hints): readonly SvcParam[] {
  const params: SvcParam[] = [{ key: SVC_PARAM.ALPN, value: alpnValue(alpn) }]
  if (port !== null) params.push({ key: SVC_PARAM.PORT, value: Uint8Array.of(port >> 8, port & 0xff) })
  if (ipv4.length > 0) params.push({ key: SVC_PARAM.IPV4HINT, value: Buffer.concat(ipv4) })
  if (ipv6.length > 0) params.push({ key: SVC_PARAM.IPV6HINT, value: Buffer.concat(ipv6) })
  return params
}

/** RFC 9460 §7.1.1: each protocol id behind its length. */
const alpnValue = (alpn: readonly string[]): Uint8Array =>
  Buffer.concat(alpn.map((id) => Buffer.from(String.fromCharCode(id.length) + id, 'latin1')))

/** What A and AAAA answer at a name of ours now. Empty where it is not ours, or not known. */
function addressesAt(name: WireName, ask: Ask): Hints {
  const [ipv4, ipv6] = [foundAt(name, TYPE.A, ask), foundAt(name, TYPE.AAAA, ask)]
  return {
    ipv4: ipv4.addresses,
    ipv6: ipv6.addresses,
    ttlSeconds: Math.min(ipv4.ttlSeconds, ipv6.ttlSeconds),
  }
}

function foundAt(name: WireName, type: number, ask: Ask) {
  const { answer } = ask(name, type)
  const found = answer.filter((rrset) => rrset.type === type)
  return {
    addresses: found.flatMap(({ data }) => data.map(({ head }) => head)),
    // CNAMEs on the way count. Without addresses there is nothing that could be outlived.
    ttlSeconds: found.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...answer.map((rrset) => rrset.ttlSeconds)),
  }
}

/** A static RRset with its `auto` hints filled in: the addresses that each TargetName has in our zones, steered ones too. */
export function withHints(rrset: RRset, owner: WireName, ask: Ask): RRset {
  if (rrset.type !== TYPE.SVCB && rrset.type !== TYPE.HTTPS) return rrset
  if (!rrset.data.some(isOpen)) return rrset
  let { ttlSeconds } = rrset
  const data = rrset.data.map((record): WireData => {
    const { svcb } = record
    if (svcb === undefined || !isOpen(record)) return record
    const hints = addressesAt(svcb.target === ROOT ? owner : svcb.target, ask)
    ttlSeconds = Math.min(ttlSeconds, hints.ttlSeconds)
    return svcbData({ ...svcb, params: svcb.params.map((param) => filled(param, hints)) })
  })
  return { ...rrset, ttlSeconds, data }
}

const isOpen = ({ svcb }: WireData): boolean => svcb?.params.some(({ value }) => value === 'auto') ?? false

/** Without addresses the hint stays open, and is not written. */
function filled(param: SvcParam, { ipv4, ipv6 }: Hints): SvcParam {
  if (param.value !== 'auto') return param
  const addresses = param.key === SVC_PARAM.IPV4HINT ? ipv4 : ipv6
  return addresses.length === 0 ? param : { ...param, value: Buffer.concat(addresses) }
}
