import { formatPath } from '../../path.ts'
import { hasAddresses } from '../endpoints.ts'
import { error, policyRule, warning } from '../rule.ts'
import { quote, quoteAll } from '../text.ts'

/** Endpoints that HTTP cannot send anybody to. */
export const noUrl = policyRule('no-url', function* (policy) {
  const [host] = policy.names.http
  const asked = policy.endpoints.filter(({ enabled }) => enabled)
  const without = asked.filter(({ url }) => url === null)
  const [first] = without
  if (first === undefined) return
  const path = formatPath(['endpoints', first.id])
  const ids = quoteAll(without.map(({ id }) => id))
  if (host !== undefined && without.length === asked.length) {
    yield error(
      policy,
      path,
      `no endpoint has a \`url\`: requests to ${quote(host)} get an error, there is nowhere to redirect them to`,
      'give the endpoints `url: https://…`, or remove `names.http`',
    )
  } else if (host !== undefined) {
    yield warning(
      policy,
      path,
      `${ids} has no \`url\`: requests to ${quote(host)} that choose it go to the next endpoint that has one, or get an error when none is left`,
      'give it `url: https://…`',
    )
  } else if (policy.names.discovery !== null) {
    const bare = without.filter((endpoint) => !hasAddresses(endpoint) && endpoint.hostname === null)
    if (bare.length === 0) return
    yield warning(
      policy,
      formatPath(['endpoints', bare[0]?.id ?? first.id]),
      `${quoteAll(bare.map(({ id }) => id))} has no \`url\`, address or hostname: discovery names a place that nobody can reach`,
      'give it `url: https://…`, or remove it',
    )
  }
})
