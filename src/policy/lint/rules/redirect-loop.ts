import { formatPath } from '../../path.ts'
import { matchesName } from '../names.ts'
import { error, policyRule } from '../rule.ts'
import { quote } from '../text.ts'

/** An endpoint whose URL is a host of the service itself: the redirect comes back to the redirector. */
export const redirectLoop = policyRule('redirect-loop', function* (policy) {
  for (const { id, url } of policy.endpoints) {
    if (url === null) continue
    const { hostname, port } = new URL(url)
    // Another port is another server.
    if (port !== '' || !matchesName(hostname, policy.names.http)) continue
    yield error(
      policy,
      formatPath(['endpoints', id, 'url']),
      `the URL of endpoint ${quote(id)} is on ${quote(hostname)}, a host of this service: the redirect comes back here, for ever`,
      'give the endpoint a host of its own',
    )
  }
})
