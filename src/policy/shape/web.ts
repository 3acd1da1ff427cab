import * as z from 'zod'
import { MAX_CHECK_HEADERS } from '../limits.ts'
import { must, orQuote, text } from './fault.ts'

const URL_PHRASE = 'a URL such as `https://us.api.example`'

/** Base of the redirects to an endpoint: the client's own path and query are added to it. */
export const endpointUrl = text(
  URL_PHRASE,
  {
    description:
      'Where redirects go; `http:` or `https:`, without credentials, query and fragment. Path and query of the request are added.',
    examples: ['https://us.api.example'],
    pattern: '^[Hh][Tt][Tt][Pp][Ss]?://',
  },
  (value, fail): string => {
    // The parser strips white space and turns backslashes round in silence; a Location header must be what was written.
    if (/[\s\\]/.test(value))
      return fail({
        rule: 'bad-url',
        message: 'the URL has white space or a backslash in it',
        hint: `expected ${URL_PHRASE}`,
      })
    const url = URL.canParse(value) ? new URL(value) : null
    if (url === null) return fail({ rule: 'bad-url', hint: `expected ${URL_PHRASE}` })
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      return fail({
        rule: 'bad-url-scheme',
        message: `the URL has the scheme \`${url.protocol}\``,
        hint: 'expected `https:` or `http:`',
      })
    }
    if (!/^https?:\/\//i.test(value)) return fail({ rule: 'bad-url', hint: `expected ${URL_PHRASE}` })
    // The value itself is not repeated: it holds a password.
    if (url.username !== '' || url.password !== '' || /^[^/?#]*@/.test(value.slice(value.indexOf('//') + 2))) {
      return fail({
        rule: 'url-credentials',
        message: 'the URL has a user name or password in it',
        hint: 'every client would see them: remove them',
      })
    }
    if (value.includes('#'))
      return fail({
        rule: 'url-fragment',
        message: `the URL \`${value}\` has a fragment`,
        hint: 'remove the `#` and what follows',
      })
    if (value.includes('?'))
      return fail({
        rule: 'url-query',
        message: `the URL \`${value}\` has a query`,
        hint: "the query comes from the client's own request: remove the `?` and what follows",
      })
    return url.pathname === '/' && !value.endsWith('/') ? url.href.slice(0, -1) : url.href
  },
)

/** A path or the beginning of one. */
export const urlPath = text(
  'a path such as `/healthz`',
  { description: 'A path; begins with `/`.', examples: ['/healthz'], pattern: '^/' },
  (value, fail): string => {
    if (!value.startsWith('/')) return fail({ rule: 'bad-path', hint: `did you mean \`/${value}\`?` })
    return /^[\x21-\x7e\u0080-\uffff]+$/.test(value) && !value.includes('#')
      ? value
      : fail({ rule: 'bad-path', hint: 'expected a path without white space and fragment' })
  },
)

/** RFC 9110 §5.6.2. */
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const IS_TOKEN = new RegExp(`^${TOKEN}$`)

/** Header or cookie name, in lower case. */
export const headerName = text(
  'a header name such as `x-tenant`',
  { description: 'Name of a header; case does not count.', examples: ['x-tenant'], pattern: `^${TOKEN}$` },
  (value, fail): string =>
    IS_TOKEN.test(value)
      ? value.toLowerCase()
      : fail({ rule: 'bad-header-name', hint: 'expected a header name such as `x-tenant`' }),
)

const HOST_PHRASE = 'a host such as `api.example` or `api.example:8443`'

/** RFC 9110 §7.2: `uri-host [ ":" port ]`. Lower case. */
export const hostHeader = text(
  orQuote(HOST_PHRASE),
  { description: "The `Host` header; that of the endpoint's URL when left out.", examples: ['api.example'] },
  (value, fail): string => {
    const isHost = /^[^\s/\\?#@]+$/.test(value) && URL.canParse(`http://${value}/`)
    return isHost ? value.toLowerCase() : fail({ rule: 'bad-host', hint: `expected ${HOST_PHRASE}` })
  },
)

/** They frame the message or belong to the connection; `host` has a key of its own. */
const NOT_FREE = [
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** Headers that a probe sends, in the order given; names in lower case. RFC 9110 §5.5: no control characters. */
export const probeHeaders = z
  .record(
    z
      .string()
      .regex(IS_TOKEN, 'a header name such as `x-probe`')
      .refine(
        (name) => !NOT_FREE.includes(name.toLowerCase()),
        must('another header: the request has this one already', 'bad-header-name'),
      ),
    z
      .string({ error: orQuote('a text') })
      .max(4_096, 'a text of at most 4096 characters')
      .refine((value) => /^[\t\x20-\x7e\u0080-\u00ff]*$/.test(value), must('a text without control characters')),
  )
  .refine((headers) => Object.keys(headers).length <= MAX_CHECK_HEADERS, must(`at most ${MAX_CHECK_HEADERS} headers`))
  .prefault({})
  .transform((headers) => Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const))
  .meta({ description: 'Headers that are sent.', examples: [{ 'x-probe': 'nearcast' }] })
