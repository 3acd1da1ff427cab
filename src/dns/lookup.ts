import { TYPE } from './wire/codes.ts'
import { parentOf, ROOT, type WireName, wildcardBelow } from './wire/name.ts'
import { findZone, type ZoneNode, type ZoneTable, type ZoneTables } from './zone-table.ts'

/** What a zone has under a name. */
export type Found =
  /** The name itself, or the wildcard that stands for it. */
  | { readonly kind: 'node'; readonly node: ZoneNode }
  | { readonly kind: 'delegation'; readonly cut: WireName; readonly node: ZoneNode }
  | { readonly kind: 'nxDomain' }

/** The zone that answers a question, or null when none of ours does. */
export function zoneFor(zones: ZoneTables, name: WireName, type: number): ZoneTable | null {
  const zone = findZone(zones, name)
  // RFC 4035 §3.1.4.1: the DS RRset belongs to the parent's side of the cut.
  if (zone === null || type !== TYPE.DS || zone.apex !== name || name === ROOT) return zone
  return findZone(zones, parentOf(name)) ?? zone
}

/** RFC 1034 §4.3.2 step 3, with wildcards as RFC 4592 has them. The name is within the zone. */
export function find(table: ZoneTable, name: WireName, type: number): Found {
  const path: WireName[] = []
  for (let rest = name; rest !== table.apex; rest = parentOf(rest)) path.push(rest)

  let encloser = table.apex
  let node = table.apexNode
  for (const next of path.reverse()) {
    const child = table.nodes.get(next)
    if (child === undefined) {
      // RFC 4592 §3.3.1: only the closest encloser's own wildcard may stand in, so existing names and empty
      // non-terminals block those further up.
      const source = table.nodes.get(wildcardBelow(encloser))
      return source === undefined ? { kind: 'nxDomain' } : { kind: 'node', node: source }
    }
    if (child.isCut && !(next === name && type === TYPE.DS)) return { kind: 'delegation', cut: next, node: child }
    encloser = next
    node = child
  }
  return { kind: 'node', node }
}
