import { isDeepStrictEqual } from 'node:util'
import type { PolicySet } from '../domain/policy-set.ts'
import type { Turns } from '../domain/turns.ts'
import type { Zone } from '../domain/zone.ts'

/** Documents or records compared from one pause to the next. */
const COMPARED_PER_TURN = 128

/** A policy or zone that reads as before stays the same object, and so keeps its steering map, its names and its answers. */
export function* keepEqualDocuments(next: PolicySet, before: PolicySet): Turns<PolicySet> {
  const policies = new Map(before.policies.map((policy) => [policy.service, policy]))
  const zones = new Map(before.zones.map((zone) => [zone.name, zone]))
  const kept = { policies: [...next.policies], zones: [...next.zones] }
  for (const [index, policy] of next.policies.entries()) {
    const old = policies.get(policy.service)
    if (old !== undefined && isDeepStrictEqual(old, policy)) kept.policies[index] = old
    if (index % COMPARED_PER_TURN === 0) yield
  }
  for (const [index, zone] of next.zones.entries()) {
    const old = zones.get(zone.name)
    if (old !== undefined && (yield* areEqualZones(old, zone))) kept.zones[index] = old
    if (index % COMPARED_PER_TURN === 0) yield
  }
  return { ...next, ...kept }
}

/** A zone may have very many records. */
function* areEqualZones(a: Zone, b: Zone): Turns<boolean> {
  if (a === b) return true
  if (a.records.length !== b.records.length) return false
  if (!isDeepStrictEqual({ ...a, records: null }, { ...b, records: null })) return false
  for (const [index, record] of a.records.entries()) {
    if (!isDeepStrictEqual(record, b.records[index])) return false
    if (index % COMPARED_PER_TURN === COMPARED_PER_TURN - 1) yield
  }
  return true
}
