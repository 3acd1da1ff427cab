import type { Policy } from '../domain/policy.ts'
import type { PolicySet } from '../domain/policy-set.ts'
import { find, zoneFor } from './lookup.ts'
import { hostnamesOf, mayFlatten } from './service-answer.ts'
import { TYPE } from './wire/codes.ts'
import { nameToText, type WireName } from './wire/name.ts'
import { wireNameOf } from './wire/record-data.ts'
import type { ZoneNode, ZoneTables } from './zone-table.ts'

/**
 * Names outside the zones of a policy set whose addresses answers may need: targets of ALIAS records and of endpoints
 * that cannot be a CNAME, and what CNAMEs of ours lead them to. Lower case, no trailing dot, each once.
 */
export function aliasTargets(set: PolicySet, zones: ZoneTables): readonly string[] {
  const policies = new Map(set.policies.flatMap((policy) => policy.names.dns.map((name) => [name, policy] as const)))
  const policyAt = (node: ZoneNode): Policy | undefined => policies.get(node.service ?? '')
  const outside = new Set<string>()
  const visited = new Set<WireName>()

  const visit = (name: WireName): void => {
    if (visited.has(name)) return
    visited.add(name)
    const table = zoneFor(zones, name, TYPE.A)
    const found = table === null ? null : find(table, name, TYPE.A)
    if (found === null || found.kind === 'delegation') outside.add(nameToText(name))
    else if (found.kind === 'node') visitNode(found.node)
  }
  const visitNode = (node: ZoneNode): void => {
    const policy = policyAt(node)
    const cname = node.rrsets.get(TYPE.CNAME)?.data[0]?.names[0]
    if (policy !== undefined) for (const hostname of hostnamesOf(policy)) visit(wireNameOf(hostname))
    else if (cname !== undefined) visit(cname)
    else if (node.alias !== null) visit(node.alias.target)
  }

  for (const { leading } of zones.values()) {
    for (const node of leading) {
      const policy = policyAt(node)
      const flattens = policy === undefined ? node.alias !== null : mayFlatten(node, policy)
      if (flattens) visitNode(node)
    }
  }
  return [...outside]
}
