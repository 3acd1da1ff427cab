import type { Snapshot } from '../../src/steering/snapshot.ts'

/** Every name of the zones, of the services, and some that wildcards and cuts stand for. */
export function namesOf({ set }: Snapshot): readonly string[] {
  const zones = set.zones.flatMap(({ name, ns, records }) => [
    name,
    ...ns.map((server) => server.name),
    ...records.map((record) => record.name),
  ])
  return [...new Set([...zones, ...set.policies.flatMap(({ names }) => names.dns), 'hostmaster.geo.example', ''])]
}
