import { formatPath } from '../../path.ts'
import { isWithin, withoutWildcard, zoneOf } from '../names.ts'
import { error, policyRule } from '../rule.ts'
import { quote } from '../text.ts'

/** A steered name that this node can never answer for: below a delegation, or that of a name server. */
export const nameCollides = policyRule('name-collides', function* (policy, { zones }) {
  for (const [index, name] of policy.names.dns.entries()) {
    const zone = zoneOf(name, zones)
    const path = formatPath(['names', 'dns', index])
    const cut = zone?.records.find(
      (record) => record.type === 'NS' && record.name !== name && isWithin(withoutWildcard(name), record.name),
    )
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
})
