import type { StaticRecord, Zone } from '../../../domain/zone.ts'
import { isDelegated, zoneOf } from '../names.ts'
import { type Rule, warning } from '../rule.ts'
import { quote } from '../text.ts'

/** An `auto` hint for a name whose addresses this node does not know: it is never there. */
export const unfilledHint: Rule = {
  id: 'unfilled-hint',
  *find({ zones }) {
    for (const record of zones.flatMap((zone) => zone.records)) {
      const target = openTarget(record)
      if (target === null || isOurs(target, zones)) continue
      yield warning(
        record,
        'records',
        `the ${record.type} record at ${quote(record.name)} has hints to be filled in with the addresses of ${quote(target)}, which is in no zone of ours: they are left out`,
        'write the addresses, or leave the hint out',
      )
    }
  },
}

/** The name whose addresses are asked for, or null. */
function openTarget(record: StaticRecord): string | null {
  if (record.type !== 'SVCB' && record.type !== 'HTTPS') return null
  if (!record.params.some(({ value }) => value === 'auto')) return null
  return record.target === '' ? record.name : record.target
}

const isOurs = (name: string, zones: readonly Zone[]): boolean =>
  zoneOf(name, zones) !== null && !isDelegated(name, zones)
