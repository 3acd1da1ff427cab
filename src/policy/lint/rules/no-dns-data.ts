import { formatPath } from '../../path.ts'
import { hasAddresses } from '../endpoints.ts'
import { error, policyRule } from '../rule.ts'
import { quote } from '../text.ts'

/** An endpoint without anything to say in DNS, in a service that has DNS names. */
export const noDnsData = policyRule('no-dns-data', function* (policy) {
  const [name] = policy.names.dns
  if (name === undefined) return
  for (const endpoint of policy.endpoints) {
    if (!endpoint.enabled || hasAddresses(endpoint) || endpoint.hostname !== null) continue
    yield error(
      policy,
      formatPath(['endpoints', endpoint.id]),
      `endpoint ${quote(endpoint.id)} has neither addresses nor a hostname: where it is chosen, ${quote(name)} gets an empty answer (NODATA), which resolvers keep for everybody behind them`,
      'give it `a`, `aaaa` or `hostname`, or set `enabled: false`',
    )
  }
})
