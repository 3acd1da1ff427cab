import type { PolicySet } from '../../../domain/policy-set.ts'
import { formatPath } from '../../path.ts'
import { hasOnlyHostname } from '../endpoints.ts'
import { zoneOf } from '../names.ts'
import { policyRule, warning } from '../rule.ts'
import { quote, quoteAll } from '../text.ts'

/**
 * An endpoint that is only a hostname, at a name that has other data. RFC 1034 §3.6.2: "If a CNAME RR is present at a node,
 * no other data should be present". So the node resolves the hostname by itself.
 */
export const hostnameFlattened = policyRule('hostname-flattened', function* (policy, { zones }) {
  const only = policy.endpoints.filter(hasOnlyHostname)
  const [first] = only
  const [found] = policy.names.dns.flatMap((name) => {
    const company = companyOf(name, zones)
    return company === null ? [] : [{ name, company }]
  })
  if (first === undefined || found === undefined) return
  yield warning(
    policy,
    formatPath(['endpoints', first.id, 'hostname']),
    `${quote(found.name)} ${found.company}, and a CNAME stands alone at its name (RFC 1034 §3.6.2): this node resolves ${quoteAll(only.map(({ id }) => id))} itself, so clients get the addresses that the node sees, not those near them`,
    'give the endpoint its addresses, or the service a name that has nothing else',
  )
})

/** What else is at a name, as half a sentence; null when there is nothing. */
function companyOf(name: string, zones: PolicySet['zones']): string | null {
  const zone = zoneOf(name, zones)
  if (zone?.name === name) return 'is the apex of a zone'
  const record = zone?.records.find((other) => other.name === name)
  return record === undefined ? null : `has a static ${record.type} record too (${record.at.file}:${record.at.line})`
}
