import { formatPath } from '../../path.ts'
import { suggest } from '../../suggest.ts'
import { policyRule, warning } from '../rule.ts'
import { quote } from '../text.ts'

/** What IANA's registry of ALPN protocol ids has for HTTP over TLS and QUIC. */
const KNOWN = ['h3', 'h2', 'http/1.1']

/** A protocol id that no client of HTTPS asks for, or one written twice. */
export const unknownAlpn = policyRule('unknown-alpn', function* (policy) {
  const ids = policy.https?.alpn ?? []
  for (const [index, id] of ids.entries()) {
    const path = formatPath(['https', 'alpn', index])
    if (ids.indexOf(id) < index) {
      yield warning(policy, path, `the protocol ${quote(id)} is given twice`, 'remove one')
    } else if (!KNOWN.includes(id)) {
      const meant = suggest(id, KNOWN)
      yield warning(
        policy,
        path,
        `${quote(id)} is no protocol that HTTPS is spoken with: clients pass over it`,
        meant === null ? 'expected `h2`, `h3` or `http/1.1`' : `did you mean ${quote(meant)}?`,
      )
    }
  }
})
