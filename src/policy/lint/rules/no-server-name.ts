import { appliedChecks, type Check, type TlsExpectation } from '../../../domain/check.ts'
import type { Endpoint } from '../../../domain/endpoint.ts'
import { formatPath } from '../../path.ts'
import { policyRule, warning } from '../rule.ts'
import { quote, quoteAll } from '../text.ts'

/** A certificate that is verified, at endpoints that no name is known of: hardly one is made out for a bare address. */
export const noServerName = policyRule('no-server-name', function* (policy) {
  const unnamed = policy.endpoints.filter((endpoint) => endpoint.enabled && !hasName(endpoint))
  for (const check of policy.checks.filter(wantsName)) {
    const nameless = unnamed.filter((endpoint) => appliedChecks(policy, endpoint).needed.includes(check))
    if (nameless.length === 0) continue
    yield warning(
      policy,
      formatPath(['checks', check.name]),
      `check ${quote(check.name)} verifies the certificate, but ${quoteAll(nameless.map(({ id }) => id))} has neither \`url\` nor \`hostname\`: it would have to be made out for the bare address`,
      'say which name it must have, such as `serverName: api.example`',
    )
  }
})

/** Whether the check verifies a certificate, and leaves its name to the endpoint. */
function wantsName(check: Check): boolean {
  const tls = tlsOf(check)
  return tls !== null && tls.verify === 'verify' && tls.serverName === null
}

function tlsOf(check: Check): TlsExpectation | null {
  switch (check.kind) {
    case 'http':
      return check.scheme === 'https' && check.host === null ? check.tls : null
    case 'tls':
    case 'grpc':
      return check.tls
    case 'tcp':
    case 'dns':
    case 'heartbeat':
    case 'exec':
    case 'all':
    case 'any':
    case 'atLeast':
    case 'not':
      return null
  }
}

/** An address in a URL is no name. */
function hasName({ url, hostname }: Endpoint): boolean {
  const host = url === null ? hostname : new URL(url).hostname
  return host !== null && !host.startsWith('[') && !/^[\d.]+$/.test(host)
}
