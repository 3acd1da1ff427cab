import type { PolicySet } from '../../../domain/policy-set.ts'
import { formatPath } from '../../path.ts'
import { hasOnlyHostname } from '../endpoints.ts'
import { type Finding, type Rule, warning } from '../rule.ts'
import { quote } from '../text.ts'

/** RFC 2181 §10.3: the value of an NS or MX record "must not be an alias"; RFC 2782 says the same of SRV. */
export const targetIsCname: Rule = {
  id: 'target-is-cname',
  *find(set) {
    const aliasOf = aliasesOf(set)
    for (const zone of set.zones) {
      for (const { name } of zone.ns) {
        const alias = aliasOf(name)
        if (alias !== null) yield finding(zone, formatPath(['ns', name]), 'NS', name, alias)
      }
      for (const record of zone.records) {
        if (record.type !== 'NS' && record.type !== 'MX' && record.type !== 'SRV') continue
        const alias = aliasOf(record.target)
        if (alias !== null) yield finding(record, 'records', record.type, record.target, alias)
      }
    }
  },
}

const finding = (
  where: Parameters<typeof warning>[0],
  path: string,
  type: string,
  target: string,
  alias: string,
): Finding =>
  warning(
    where,
    path,
    `the ${type} record points at ${quote(target)}, which is an alias (${alias}): many resolvers and mail servers refuse that (RFC 2181 §10.3)`,
    'point it at a name with addresses of its own',
  )

/** What makes a name an alias, or null. */
function aliasesOf({ zones, policies }: PolicySet): (name: string) => string | null {
  const aliases = new Map<string, string>()
  for (const zone of zones) {
    for (const record of zone.records) {
      if (record.type === 'CNAME') aliases.set(record.name, `a CNAME to ${quote(record.target)}`)
    }
  }
  const apexes = new Set(zones.map(({ name }) => name))
  for (const { names, service, endpoints } of policies) {
    if (!endpoints.some(hasOnlyHostname)) continue
    for (const name of names.dns)
      if (!apexes.has(name)) aliases.set(name, `service ${quote(service)} answers a CNAME there`)
  }
  return (name) => aliases.get(name) ?? null
}
