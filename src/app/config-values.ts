import * as z from 'zod'
import { MAX_SECRETS, SECRET_LENGTH } from '../dns/cookies.ts'
import { type NameServer, parseNameServer } from '../dns/name-servers.ts'
import { formatAddress, formatPrefix, type IpPrefix, parseAddress, parsePrefix } from '../domain/address.ts'
import type { GeoPoint } from '../domain/place.ts'
import { KEY_OCTETS } from '../http/decision-token.ts'
import { suggest } from '../policy/suggest.ts'

/** Where a front end listens. */
export interface ListenAddress {
  /** An IP address in canonical text; `0.0.0.0` and `::` are all addresses of the machine. */
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
}

/** Text → value. Convention of the shapes: the message of an issue is the phrase that fits after "expected". */
export const fromText = <T>(parse: (text: string) => T | undefined, expected: string | ((text: string) => string)) =>
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

/** Null is `none`. */
export const fileShape = fromText<string | null>(
  (text) => (text === 'none' ? null : /^[^\0]+$/.test(text) ? text : undefined),
  'the path of a file, or none',
)

export const wordShape = fromText(
  (text) => (/^[\w.-]{1,253}$/.test(text) ? text : undefined),
  'letters, digits, dots, hyphens and underscores, at most 253',
)

/** The braces around it are ours: a hash tag. */
export const redisPrefixShape = fromText(
  (text) => (/^[\w.:-]{1,64}$/.test(text) ? text : undefined),
  'letters, digits, dots, colons, hyphens and underscores, at most 64',
)

export const oneOf = <const T extends string>(values: readonly T[]) =>
  fromText(
    (text) => values.find((value) => value === text),
    (text) => {
      const near = suggest(text, values)
      return `${values.length === 1 ? '' : 'one of '}${values.join(', ')}${near === null ? '' : `; did you mean ${near}?`}`
    },
  )

const between = (least: number, most: number) =>
  fromText(
    (text) => (/^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most ? Number(text) : undefined),
    `a whole number from ${least} to ${most}`,
  )
const upTo = (most: number) => between(0, most)

export const workersShape = upTo(64)
/** Buckets are counted in whole microseconds: no rate is higher, and the highest ones are rounded down. */
export const rateLimitShape = upTo(1_000_000)
export const slipShape = upTo(10)
export const probesPerSecondShape = between(1, 100_000)
/** No machine has more ports to ask from. */
export const probesAtOnceShape = between(1, 65_535)

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 }
/** No timer is set for longer; Node's own would run at once after 24 days. */
const LONGEST_MS = 3_600_000
/** Milliseconds. */
export const durationShape = fromText<number>((text) => {
  const [, count, unit = ''] = /^(\d{1,7})(ms|s|m)$/.exec(text) ?? []
  const ms = Number(count) * (UNITS_MS[unit] ?? 0)
  return ms <= LONGEST_MS ? ms : undefined
}, 'a duration such as 500ms, 5s or 1m, at most 60m')
export const formatDuration = (ms: number): string => (ms % 1_000 === 0 ? `${ms / 1_000}s` : `${ms}ms`)

/** Null is `none`. */
export const pointShape = fromText<GeoPoint | null>((text) => {
  if (text === 'none') return null
  const [, lat, lon] = /^(-?\d{1,2}(?:\.\d+)?),\s*(-?\d{1,3}(?:\.\d+)?)$/.exec(text) ?? []
  const point = { lat: Number(lat), lon: Number(lon) }
  return Math.abs(point.lat) <= 90 && Math.abs(point.lon) <= 180 ? point : undefined
}, 'latitude and longitude in degrees, such as 50.11,8.68, or none')
export const formatPoint = (point: GeoPoint | null): string => (point === null ? 'none' : `${point.lat},${point.lon}`)

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

const SECRET = /^[\da-f]{32}$/i
const MOST_SECRETS = `at most ${MAX_SECRETS} secrets`
/** Convention: what is said of a secret does not repeat it. */
export const cookieSecretsShape = listOf<Uint8Array>(
  fromText(
    (text) => (SECRET.test(text) ? Uint8Array.fromHex(text) : undefined),
    `${SECRET_LENGTH} octets as ${2 * SECRET_LENGTH} hexadecimal digits, in quotation marks in a file`,
  ),
  'random',
).refine((secrets) => secrets.length <= MAX_SECRETS, MOST_SECRETS)

const REPORT_KEY = /^[\da-f]{64}$/i
/** The same convention. */
export const reportKeyShape = fromText<Uint8Array | null>(
  (text) => (text === 'random' ? null : REPORT_KEY.test(text) ? Uint8Array.fromHex(text) : undefined),
  `${KEY_OCTETS} octets as ${2 * KEY_OCTETS} hexadecimal digits, in quotation marks in a file, or random`,
)
export const formatReportKey = (key: Uint8Array | null): string => (key === null ? 'random' : 'not shown')

export const formatCookieSecrets = (secrets: readonly Uint8Array[]): string =>
  secrets.length === 0 ? 'random' : `${secrets.length} not shown`

/** Null is `off`. One string of a TXT record. */
export const versionShape = fromText<string | null>(
  (text) => (text === 'off' ? null : /^[ -~]{1,255}$/.test(text) ? text : undefined),
  'a text of at most 255 printable ASCII characters, or off',
)

/** A master file, or a folder of them. */
export interface ZoneFile {
  /** Lower case, without the trailing dot; null: the file, or its name, tells. */
  readonly origin: string | null
  readonly path: string
}

const zoneFileShape = fromText<ZoneFile>((text) => {
  const [, origin, path = ''] = /^(?:([^=/\\]*)=)?([^\0]+)$/s.exec(text) ?? []
  if (path === '') return undefined
  if (origin === undefined) return { origin: null, path }
  const name = origin.toLowerCase().replace(/\.$/, '')
  return /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/.test(name) && name.length <= 253
    ? { origin: name, path }
    : undefined
}, 'the path of a master file, such as zones/geo.example.zone, or with its origin geo.example=zones/geo')
export const zoneFilesShape = listOf<ZoneFile>(zoneFileShape, 'none')
export const formatZoneFiles = (files: readonly ZoneFile[]): string =>
  files.map(({ origin, path }) => (origin === null ? path : `${origin}=${path}`)).join(', ') || 'none'
