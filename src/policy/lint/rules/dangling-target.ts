import { formatPath } from '../../path.ts'
import { hasAddresses } from '../endpoints.ts'
import { isDelegated, namesThatExist, upwards, zoneOf } from '../names.ts'
import { type Rule, warning } from '../rule.ts'
import { quote } from '../text.ts'

/** A record or an endpoint that points at a name in a zone of ours where there is nothing. */
export const danglingTarget: Rule = {
  id: 'dangling-target',
  *find(set) {
    const exists = namesThatExist(set)
    for (const zone of set.zones) {
      const cuts = new Set(zone.records.flatMap(({ type, name }) => (type === 'NS' && name !== zone.name ? name : [])))
      for (const record of zone.records) {
        if (!('target' in record) || record.target === '' || zoneOf(record.target, set.zones) === null) continue
        const isBelowCut = cuts.size > 0 && upwards(record.target).some((name) => cuts.has(name))
        if (exists(record.target) || isBelowCut) continue
        yield warning(
          record,
          'records',
          `the ${record.type} record at ${quote(record.name)} points at ${quote(record.target)}, which is in a zone of ours and does not exist`,
          `mend the name, or add a record for ${quote(record.target)}`,
        )
      }
    }
    for (const policy of set.policies) {
      if (policy.names.dns.length === 0) continue
      for (const { id, hostname, ...rest } of policy.endpoints) {
        // Beside addresses only HTTPS records name it.
        if (hostname === null || (hasAddresses(rest) && policy.https === null)) continue
        if (exists(hostname) || zoneOf(hostname, set.zones) === null || isDelegated(hostname, set.zones)) continue
        yield warning(
          policy,
          formatPath(['endpoints', id, 'hostname']),
          `the hostname of endpoint ${quote(id)} is ${quote(hostname)}, which is in a zone of ours and does not exist`,
          `mend the name, or add a record for ${quote(hostname)}`,
        )
      }
    }
  },
}
