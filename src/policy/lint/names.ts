import type { PolicySet } from '../../domain/policy-set.ts'
import type { Zone } from '../../domain/zone.ts'

/** DNS names as the rules compare them: lower case, no trailing dot. */

/** Whether `name` is `zone` or below it. */
export const isWithin = (name: string, zone: string): boolean =>
  zone === '' || name === zone || name.endsWith(`.${zone}`)

export const withoutWildcard = (name: string): string => (name.startsWith('*.') ? name.slice(2) : name)

/** The zone that answers for a name: the longest around it. */
export function zoneOf(name: string, zones: readonly Zone[]): Zone | null {
  const around = zones.filter((zone) => isWithin(withoutWildcard(name), zone.name))
  return around.reduce<Zone | null>(
    (best, zone) => (best === null || zone.name.length > best.name.length ? zone : best),
    null,
  )
}

/** Whether a host is one of these names; `*.` stands for one or more labels. */
export const matchesName = (host: string, names: readonly string[]): boolean =>
  names.some((name) => (name.startsWith('*.') ? host.endsWith(name.slice(1)) : host === name))

/** Every name that exists in a zone of ours: static records, name servers and services. */
export function namesThatExist({ zones, policies }: PolicySet): (name: string) => boolean {
  const exact = new Set([
    ...zones.flatMap((zone) => [
      zone.name,
      ...zone.ns.map(({ name }) => name),
      ...zone.records.map(({ name }) => name),
    ]),
    ...policies.flatMap(({ names }) => names.dns),
  ])
  const wildcards = [...exact].filter((name) => name.startsWith('*.'))
  return (name) => exact.has(name) || matchesName(name, wildcards)
}
