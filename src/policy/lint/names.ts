import type { PolicySet } from '../../domain/policy-set.ts'
import type { Zone } from '../../domain/zone.ts'

/** DNS names as the rules compare them: lower case, no trailing dot. */

/** Whether `name` is `zone` or below it. */
export const isWithin = (name: string, zone: string): boolean =>
  zone === '' || name === zone || name.endsWith(`.${zone}`)

export const withoutWildcard = (name: string): string => (name.startsWith('*.') ? name.slice(2) : name)

/** A name and all names above it, the root last: `a.b`, `b`, `''`. */
export function* upwards(name: string): Generator<string> {
  for (let rest = name; rest !== ''; rest = rest.includes('.') ? rest.slice(rest.indexOf('.') + 1) : '') yield rest
  yield ''
}

/** Of thousands of zones, for thousands of names: by apex, as long as the set lives. */
const byApex = new WeakMap<readonly Zone[], ReadonlyMap<string, Zone>>()

/** The zone that answers for a name: the longest around it. */
export function zoneOf(name: string, zones: readonly Zone[]): Zone | null {
  const known = byApex.get(zones) ?? new Map(zones.map((zone) => [zone.name, zone]))
  byApex.set(zones, known)
  for (const around of upwards(withoutWildcard(name))) {
    const zone = known.get(around)
    if (zone !== undefined) return zone
  }
  return null
}

/** The wildcards that could stand for a name: `*.b` and `*` for `a.b`. */
export const wildcardsFor = (name: string): readonly string[] =>
  [...upwards(name)].slice(1).map((parent) => (parent === '' ? '*' : `*.${parent}`))

/** Whether a host is one of these names; `*.` stands for one or more labels. */
export const matchesName = (host: string, names: readonly string[]): boolean =>
  names.some((name) => (name.startsWith('*.') ? host.endsWith(name.slice(1)) : host === name))

/** Every name that exists in a zone of ours: static records, name servers and services. */
export function namesThatExist({ zones, policies }: PolicySet): (name: string) => boolean {
  const exact = new Set(policies.flatMap(({ names }) => names.dns))
  for (const zone of zones) {
    exact.add(zone.name)
    for (const { name } of zone.ns) exact.add(name)
    for (const { name } of zone.records) exact.add(name)
  }
  return (name) => exact.has(name) || wildcardsFor(name).some((wildcard) => exact.has(wildcard))
}

/** Whether the zone around a name has given it away. */
export const isDelegated = (name: string, zones: readonly Zone[]): boolean => {
  const zone = zoneOf(name, zones)
  if (zone === null) return false
  const around = new Set(upwards(name))
  return zone.records.some((record) => record.type === 'NS' && record.name !== zone.name && around.has(record.name))
}
