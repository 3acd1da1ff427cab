import type { Policy } from '../../domain/policy.ts'
import type { Snapshot, SteeredService } from '../../steering/snapshot.ts'
import { isWithin, ROOT, type WireName } from '../wire/name.ts'
import type { ZoneTable, ZoneTables } from '../zone-table.ts'

/** What answers were made from. While it is all the same, so are they. */
export interface Uses {
  /** Contents by apex; null where there was no zone. */
  readonly zones: Map<WireName, ZoneTable['nodes'] | null>
  /** By name in the documents. */
  readonly policies: Map<string, Policy | null>
}

/** The zones and services of a snapshot, with a note of each that is looked at. */
export function noteUses(snapshot: Snapshot, zones: ZoneTables, puppetOf: (service: SteeredService) => SteeredService) {
  let own: WireName = ROOT
  let uses: Uses = { zones: new Map(), policies: new Map() }
  const get = (apex: WireName): ZoneTable | undefined => {
    const table = zones.get(apex)
    // A zone that comes to be inside one that was looked at changes that one, by its delegation.
    if (table !== undefined || !isWithin(apex, own)) uses.zones.set(apex, table?.nodes ?? null)
    return table
  }
  const byDnsName = Object.assign(new Map<string, SteeredService>(), {
    get(name: string): SteeredService | undefined {
      const service = snapshot.byDnsName.get(name)
      uses.policies.set(name, service?.policy ?? null)
      return service === undefined ? undefined : puppetOf(service)
    },
  })
  return {
    zones: { get, has: (apex: WireName) => get(apex) !== undefined, values: () => zones.values() },
    byDnsName,
    note(apex: WireName): Uses {
      own = apex
      uses = { zones: new Map(), policies: new Map() }
      return uses
    },
  }
}

export function areSame(uses: Uses, snapshot: Snapshot, zones: ZoneTables): boolean {
  for (const [apex, nodes] of uses.zones) if ((zones.get(apex)?.nodes ?? null) !== nodes) return false
  for (const [name, policy] of uses.policies) {
    if ((snapshot.byDnsName.get(name)?.policy ?? null) !== policy) return false
  }
  return true
}
