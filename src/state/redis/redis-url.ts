/** Where Redis is, as one URL says it: a single server, one that Sentinels watch, or a Cluster. */

export interface RedisHost {
  readonly host: string
  readonly port: number
}

export interface RedisPlace {
  readonly mode: 'single' | 'sentinel' | 'cluster'
  readonly tls: 'on' | 'off'
  /** One server; or some of the Sentinels, or of the nodes of a Cluster: any of them tells of the others. */
  readonly hosts: readonly RedisHost[]
  /** What the Sentinels call the primary; null for others. */
  readonly primary: string | null
  /** Always 0 in a Cluster. */
  readonly database: number
  /** Null is `default`. */
  readonly user: string | null
  readonly password: string | null
}

const SCHEMES: Readonly<Record<string, Pick<RedisPlace, 'mode' | 'tls'>>> = {
  redis: { mode: 'single', tls: 'off' },
  rediss: { mode: 'single', tls: 'on' },
  'redis+sentinel': { mode: 'sentinel', tls: 'off' },
  'rediss+sentinel': { mode: 'sentinel', tls: 'on' },
  'redis+cluster': { mode: 'cluster', tls: 'off' },
  'rediss+cluster': { mode: 'cluster', tls: 'on' },
}
const DEFAULT_PORT = { single: 6379, sentinel: 26379, cluster: 6379 } as const
const MOST_HOSTS = 16
const HOST = /^(?:\[(?<v6>[\da-fA-F:.]{2,45})\]|(?<name>[\w.-]{1,253}))(?::(?<port>\d{1,5}))?$/
const SENTINEL_PATH = /^\/(?<primary>[\w.-]{1,64})(?:\/(?<database>\d{1,4}))?$/
const SINGLE_PATH = /^(?:\/(?<database>\d{0,4}))?$/

export const REDIS_URL_EXPECTED =
  'a URL such as redis://127.0.0.1:6379, rediss://user:password@redis.example:6379/0, ' +
  'redis+sentinel://10.0.0.1:26379,10.0.0.2:26379/primary or redis+cluster://10.0.0.1:6379,10.0.0.2:6379'

/** Undefined when it is none. `%xx` in the user and the password stands for an octet, as in every URL (RFC 3986, section 2.1). */
export function parseRedisUrl(text: string): RedisPlace | undefined {
  const match =
    /^(?<scheme>[a-z+]+):\/\/(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?(?<hosts>[^@/]+)(?<path>\/.*)?$/.exec(text)
  const { scheme = '', user, password, hosts = '', path = '' } = match?.groups ?? {}
  const kind = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined
  if (kind === undefined) return undefined
  const parsed = hosts.split(',').map((host) => parseHost(host, DEFAULT_PORT[kind.mode]))
  const known = parsed.filter((host) => host !== undefined)
  if (known.length !== parsed.length || known.length > MOST_HOSTS) return undefined
  if (kind.mode === 'single' && known.length !== 1) return undefined
  const where = (kind.mode === 'sentinel' ? SENTINEL_PATH : SINGLE_PATH).exec(path)?.groups
  if (where === undefined) return undefined
  const database = Number(where.database ?? 0)
  // A Cluster has no other database.
  if (kind.mode === 'cluster' && database !== 0) return undefined
  try {
    return {
      ...kind,
      hosts: known,
      primary: where.primary ?? null,
      database,
      user: user === undefined || user === '' ? null : decodeURIComponent(user),
      password: password === undefined || password === '' ? null : decodeURIComponent(password),
    }
  } catch {
    return undefined
  }
}

function parseHost(text: string, defaultPort: number): RedisHost | undefined {
  const { v6, name, port } = HOST.exec(text)?.groups ?? {}
  const host = v6 ?? name
  const number = port === undefined ? defaultPort : Number(port)
  return host === undefined || number < 1 || number > 65_535 ? undefined : { host, port: number }
}

/** For messages and `nearcast config`: without the password. */
export function formatRedisUrl(place: RedisPlace): string {
  const scheme = Object.keys(SCHEMES).find((name) => {
    const kind = SCHEMES[name]
    return kind?.mode === place.mode && kind.tls === place.tls
  })
  const secret = place.password === null ? '' : ':***'
  const login = place.user === null && secret === '' ? '' : `${encodeURIComponent(place.user ?? '')}${secret}@`
  const hosts = place.hosts.map(({ host, port }) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`))
  const path = [place.primary, place.database === 0 ? null : place.database].filter((part) => part !== null)
  return `${scheme}://${login}${hosts.join(',')}${path.map((part) => `/${part}`).join('')}`
}
