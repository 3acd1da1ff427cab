import * as z from 'zod'
import { type NameServer, parseNameServer } from '../dns/name-servers.ts'
import { formatAddress, formatPrefix, type IpPrefix, parseAddress, parsePrefix } from '../domain/address.ts'
import { suggest } from '../policy/suggest.ts'

/** Where a front end listens. */
export interface ListenAddress {
  /** An IP address in canonical text; `0.0.0.0` and `::` are all addresses of the machine. */
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
}

/** Text → value. Convention of the shapes: the message of an issue is the phrase that fits after "expected". */
const fromText = <T>(parse: (text: string) => T | undefined, expected: string | ((text: string) => string)) =>
  z.string().transform((text, context) => {
    const value = parse(text)
    if (value !== undefined) return value
    context.addIssue({ code: 'custom', message: typeof expected === 'string' ? expected : expected(text) })
    return z.NEVER
  })

/** Null is `off`. */
export const listenShape = fromText<ListenAddress | null>(
  (text) => (text === 'off' ? null : parseListenAddress(text)),
  'an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080, or off',
)

function parseListenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:\[(?<v6>[^\]]+)\]|(?<v4>[\d.]+)):(?<port>\d{1,5})$/.exec(text)
  const { v4, v6, port } = match?.groups ?? {}
  const address = parseAddress(v4 ?? v6 ?? '')
  if (address === null || Number(port) > 65_535) return undefined
  return { host: formatAddress(address), port: Number(port) }
}

export function formatListenAddress(listen: ListenAddress | null): string {
  if (listen === null) return 'off'
  return listen.host.includes(':') ? `[${listen.host}]:${listen.port}` : `${listen.host}:${listen.port}`
}

export const folderShape = fromText((text) => (/^[^\0]+$/.test(text) ? text : undefined), 'the path of a folder')

export const wordShape = fromText(
  (text) => (/^[\w.-]{1,253}$/.test(text) ? text : undefined),
  'letters, digits, dots, hyphens and underscores, at most 253',
)

export const oneOf = <const T extends string>(values: readonly T[]) =>
  fromText(
    (text) => values.find((value) => value === text),
    (text) => {
      const near = suggest(text, values)
      return `${values.length === 1 ? '' : 'one of '}${values.join(', ')}${near === null ? '' : `; did you mean ${near}?`}`
    },
  )

const MOST_WORKERS = 64
export const workersShape = fromText(
  (text) => (/^\d{1,2}$/.test(text) && Number(text) <= MOST_WORKERS ? Number(text) : undefined),
  `a whole number from 0 to ${MOST_WORKERS}`,
)

/** A list; the single word `empty` stands for one without entries, so that a flag can undo what a file says. */
const listOf = <T>(item: z.ZodType<T>, empty: string) =>
  z.preprocess(
    (texts) => (Array.isArray(texts) && texts.length === 1 && texts[0] === empty ? [] : texts),
    z.array(item),
  )

const prefixShape = fromText<IpPrefix>(
  (text) => {
    const parsed = parsePrefix(text)
    return parsed.ok ? parsed.prefix : undefined
  },
  (text) => {
    const parsed = parsePrefix(text)
    const network = 'a network such as 10.0.0.0/8 or 2001:db8::/32'
    return parsed.ok || parsed.problem !== 'hostBits' ? network : `${network}; did you mean ${parsed.suggestion}?`
  },
)
export const prefixesShape = listOf<IpPrefix>(prefixShape, 'none')
export const formatPrefixes = (prefixes: readonly IpPrefix[]): string => prefixes.map(formatPrefix).join(', ') || 'none'

const nameServerShape = fromText<NameServer>(
  (text) => parseNameServer(text) ?? undefined,
  'the address of a resolver, such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353',
)
export const nameServersShape = listOf<NameServer>(nameServerShape, 'system')

export const formatNameServers = (servers: readonly NameServer[]): string =>
  servers
    .map(({ address, port }) => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`))
    .join(', ') || 'system'
