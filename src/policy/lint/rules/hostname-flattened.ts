import type { Policy } from '../../../domain/policy.ts'
import type { PolicySet } from '../../../domain/policy-set.ts'
import type { StaticRecord } from '../../../domain/zone.ts'
import { formatPath } from '../../path.ts'
import { typeOf } from '../../zone/record-text.ts'
import { hasOnlyHostname } from '../endpoints.ts'
import { zoneOf } from '../names.ts'
import { type Finding, type Rule, warning } from '../rule.ts'
import { quote, quoteAll } from '../text.ts'

/**
 * An endpoint that is only a hostname, at a name that has other data. RFC 1034 §3.6.2: "If a CNAME RR is present at a node,
 * no other data should be present". So the node resolves the hostname by itself.
 */
export const hostnameFlattened: Rule = {
  id: 'hostname-flattened',
  *find({ policies, zones }) {
    const company = companies(policies, zones)
    for (const policy of policies) yield* findIn(policy, company)
  },
}

function* findIn(policy: Policy, companyOf: (name: string) => string | null): Iterable<Finding> {
  const only = policy.endpoints.filter(hasOnlyHostname)
  const [first] = only
  const [found] = policy.names.dns.flatMap((name) => {
    const company = companyOf(name)
    return company === null ? [] : [{ name, company }]
  })
  if (first === undefined || found === undefined) return
  yield warning(
    policy,
    formatPath(['endpoints', first.id, 'hostname']),
    `${quote(found.name)} ${found.company}, and a CNAME stands alone at its name (RFC 1034 §3.6.2): this node resolves ${quoteAll(only.map(({ id }) => id))} itself, so clients get the addresses that the node sees, not those near them`,
    'give the endpoint its addresses, or the service a name that has nothing else',
  )
}

/** What else is at a name, as half a sentence; null when there is nothing. */
function companies(policies: readonly Policy[], zones: PolicySet['zones']): (name: string) => string | null {
  const names = new Set(policies.flatMap((policy) => policy.names.dns))
  const records = new Map<string, StaticRecord>()
  for (const zone of zones) {
    for (const record of zone.records) {
      if (names.has(record.name) && !records.has(record.name) && zoneOf(record.name, zones) === zone)
        records.set(record.name, record)
    }
  }
  return (name) => {
    if (zoneOf(name, zones)?.name === name) return 'is the apex of a zone'
    const record = records.get(name)
    return record === undefined
      ? null
      : `has a static ${typeOf(record)} record too (${record.at.file}:${record.at.line})`
  }
}
