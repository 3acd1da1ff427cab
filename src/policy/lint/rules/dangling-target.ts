import { isWithin, namesThatExist, zoneOf } from '../names.ts'
import { type Rule, warning } from '../rule.ts'
import { quote } from '../text.ts'

/** A record that points at a name in a zone of ours where there is nothing. */
export const danglingTarget: Rule = {
  id: 'dangling-target',
  *find(set) {
    const exists = namesThatExist(set)
    for (const zone of set.zones) {
      const cuts = zone.records.filter((record) => record.type === 'NS' && record.name !== zone.name)
      for (const record of zone.records) {
        if (!('target' in record) || record.target === '' || zoneOf(record.target, set.zones) === null) continue
        const isDelegated = cuts.some((cut) => isWithin(record.target, cut.name))
        if (exists(record.target) || isDelegated) continue
        yield warning(
          record,
          'records',
          `the ${record.type} record at ${quote(record.name)} points at ${quote(record.target)}, which is in a zone of ours and does not exist`,
          `mend the name, or add a record for ${quote(record.target)}`,
        )
      }
    }
  },
}
