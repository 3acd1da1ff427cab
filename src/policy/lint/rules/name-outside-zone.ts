import { formatPath } from '../../path.ts'
import { zoneOf } from '../names.ts'
import { error, policyRule } from '../rule.ts'
import { quote, quoteAll } from '../text.ts'

/** A DNS name of a service that no zone encloses: it is refused. */
export const nameOutsideZone = policyRule('name-outside-zone', function* ({ names, at }, { zones }) {
  for (const [index, name] of names.dns.entries()) {
    if (zoneOf(name, zones) !== null) continue
    yield error(
      { at },
      formatPath(['names', 'dns', index]),
      `${quote(name)} is in none of the zones: queries for it are refused`,
      zones.length === 0
        ? `there is no zone document: write one for ${quote(parentOf(name))}`
        : `the zones are ${quoteAll(zones.map((zone) => zone.name))}: mend the name, or write a zone for ${quote(parentOf(name))}`,
    )
  }
})

const parentOf = (name: string): string => name.slice(name.indexOf('.') + 1)
