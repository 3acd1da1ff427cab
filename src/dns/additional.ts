import type { Answering, Ask } from './answering.ts'
import { RCODE, TYPE } from './wire/codes.ts'
import { ROOT, type WireName } from './wire/name.ts'
import type { OwnedRRset, RRset } from './wire/record-data.ts'
import { findZone, type ZoneTables } from './zone-table.ts'

/** Addresses of the names that the answer names, when they are ours. No RRset is in a message twice (RFC 2181 §5.5). */
export function addAdditional({ reply, zones }: Pick<Answering, 'reply' | 'zones'>, ask: Ask): void {
  const found = reply.answer.flatMap((rrset) => additionalOf(zones, rrset, ask))
  if (found.length === 0) return
  const known = new Set([...reply.answer, ...reply.additional].map(keyOf))
  for (const rrset of found) {
    const key = keyOf(rrset)
    if (!known.has(key)) reply.additional.push(rrset)
    known.add(key)
  }
}

const keyOf = ({ owner, type }: OwnedRRset): string => `${type} ${owner}`

function additionalOf(zones: ZoneTables, rrset: OwnedRRset, ask: Ask): readonly OwnedRRset[] {
  switch (rrset.type) {
    // RFC 1035 §3.3.11 and §3.3.9, RFC 2782.
    case TYPE.NS:
    case TYPE.MX:
    case TYPE.SRV:
      return targetsOf(rrset).flatMap((name) => storedAddresses(zones, name))
    case TYPE.SVCB:
    case TYPE.HTTPS:
      return ofServiceBinding(rrset, ask)
    default:
      return []
  }
}

/**
 * RFC 9460 §4.1: servers "SHOULD return A, AAAA, and SVCB records in the Additional section for any TargetNames that are in the
 * zone". They are asked for as the client would ask next, so CNAMEs on the way and steered addresses are among them.
 */
function ofServiceBinding(rrset: OwnedRRset, ask: Ask): readonly OwnedRRset[] {
  return rrset.data.flatMap(({ svcb }) => {
    if (svcb === undefined) return []
    const isAlias = svcb.priority === 0
    // §2.5.1: in AliasMode "." says that the service is not there; §2.5.2: in ServiceMode it is the owner name.
    if (isAlias && svcb.target === ROOT) return []
    const name = svcb.target === ROOT ? rrset.owner : svcb.target
    const types = isAlias ? [rrset.type, TYPE.A, TYPE.AAAA] : [TYPE.A, TYPE.AAAA]
    return types.flatMap((type) => {
      const { rcode, answer } = ask(name, type)
      return rcode === RCODE.NOERROR ? answer : []
    })
  })
}

export const targetsOf = (rrset: RRset): readonly WireName[] => [...new Set(rrset.data.flatMap((data) => data.names))]

export function storedAddresses(zones: ZoneTables, name: WireName): readonly OwnedRRset[] {
  const node = findZone(zones, name)?.nodes.get(name)
  const sets = [node?.rrsets.get(TYPE.A), node?.rrsets.get(TYPE.AAAA)]
  return sets.flatMap((rrset) => (rrset === undefined ? [] : [{ owner: name, ...rrset }]))
}
