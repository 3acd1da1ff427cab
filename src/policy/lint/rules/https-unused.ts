import { hasAddresses } from '../endpoints.ts'
import { policyRule, warning } from '../rule.ts'

/** `https:` where no HTTPS record could ever say what is in it. */
export const httpsUnused = policyRule('https-unused', function* (policy) {
  if (policy.https === null) return
  if (policy.names.dns.length === 0) {
    yield warning(
      policy,
      'https',
      '`https` is about HTTPS records, and the service has no DNS names',
      'give it `names: { dns: … }`, or remove `https`',
    )
    return
  }
  const { onAllDown } = policy
  const targets = 'target' in onAllDown ? [...policy.endpoints, onAllDown.target] : policy.endpoints
  if (targets.some(hasAddresses)) return
  yield warning(
    policy,
    'https',
    'no endpoint has addresses: where they are hostnames, the owners of the hostnames say what is spoken there, and `https` is not told',
    'give the endpoints `a` or `aaaa`, or remove `https`',
  )
})
