import * as z from 'zod'
import type { HttpsService } from '../../domain/policy.ts'
import { oneOrMore, text, whole } from './fault.ts'

const ALPN_PHRASE = 'an ALPN protocol id such as `h2` or `h3`'

/** RFC 7301 §3.1: 1 to 255 octets. Those in use are letters, digits, `/`, `.`, `-` and the like. */
export const alpnId = text(
  ALPN_PHRASE,
  { description: 'An ALPN protocol id.', examples: ['h2', 'h3'], pattern: '^[!-~]{1,255}$' },
  (value, fail): string =>
    /^[!-~]{1,255}$/.test(value) ? value : fail({ rule: 'bad-alpn', hint: `expected ${ALPN_PHRASE}` }),
)

/** HTTP/2 is what a server with TLS speaks; `http/1.1` is always understood to be there (RFC 9460 §7.1). */
const DEFAULT_ALPN = ['h2'] as const
const DEFAULT: HttpsService = { alpn: DEFAULT_ALPN, port: null }

/** `https:` of a service. `true` is all defaults, `false` is nothing. */
export const httpsShape = z
  .union([
    z.boolean(),
    z.strictObject({
      alpn: oneOrMore(alpnId)
        .optional()
        .meta({ description: 'ALPN protocol ids, the preferred one first; `h2` when left out.' }),
      port: whole(1, 65_535, 'a port').optional().meta({ description: 'Port of all endpoints; 443 when left out.' }),
    }),
  ])
  .transform((given): HttpsService | null => {
    if (typeof given === 'boolean') return given ? DEFAULT : null
    return { alpn: given.alpn ?? DEFAULT_ALPN, port: given.port ?? null }
  })
  .meta({
    description:
      'HTTPS records (RFC 9460) at its DNS names, steered like its addresses. `true` says HTTP/2 on port 443.',
  })
