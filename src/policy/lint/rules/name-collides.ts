import type { Policy } from '../../../domain/policy.ts'
import type { StaticRecord, Zone } from '../../../domain/zone.ts'
import { formatPath } from '../../path.ts'
import { upwards, withoutWildcard, zoneOf } from '../names.ts'
import { error, type Finding, type Rule } from '../rule.ts'
import { quote } from '../text.ts'

/** A steered name that this node can never answer for: below a delegation, or that of a name server. */
export const nameCollides: Rule = {
  id: 'name-collides',
  *find({ policies, zones }) {
    const cuts = new Map<string, Cut>()
    for (const zone of zones) {
      for (const record of zone.records)
        if (record.type === 'NS' && record.name !== zone.name) cuts.set(record.name, { zone, record })
    }
    for (const policy of policies) yield* findIn(policy, zones, cuts)
  },
}

interface Cut {
  readonly zone: Zone
  readonly record: StaticRecord
}

function* findIn(policy: Policy, zones: readonly Zone[], cuts: ReadonlyMap<string, Cut>): Iterable<Finding> {
  for (const [index, name] of policy.names.dns.entries()) {
    const zone = zoneOf(name, zones)
    const path = formatPath(['names', 'dns', index])
    // A zone of ours below a delegation has the name all the same.
    const above = upwards(withoutWildcard(name)).find((parent) => parent !== name && cuts.get(parent)?.zone === zone)
    const cut = above === undefined ? undefined : cuts.get(above)?.record
    if (cut !== undefined) {
      yield error(
        policy,
        path,
        `${quote(name)} is below ${quote(cut.name)}, which the zone delegates (${cut.at.file}:${cut.at.line}): this node never answers for it`,
        'remove the delegation, or move the name out of it',
      )
    }
    if (zone?.ns.some((server) => server.name === name)) {
      yield error(
        policy,
        path,
        `${quote(name)} is a name server of zone ${quote(zone.name)}: its addresses and the steered ones exclude each other`,
        'give the service, or the name server, another name',
      )
    }
  }
}
