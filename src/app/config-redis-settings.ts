import { formatRedisUrl, parseRedisUrl, REDIS_URL_EXPECTED, type RedisPlace } from '../state/redis/redis-url.ts'
import { plain, type Setting } from './config-setting.ts'
import { fileShape, fromText, redisPrefixShape } from './config-values.ts'

/** What can be set about Redis; it counts with `store: redis`. */
export interface RedisConfig {
  readonly redisUrl: RedisPlace
  /** Of all keys. */
  readonly redisPrefix: string
  /** Null: the password is in the URL, or there is none. */
  readonly redisPasswordFile: string | null
  /** Null: those that Node knows. */
  readonly redisTlsCa: string | null
}

const LOCAL: RedisPlace = {
  ...{ mode: 'single', tls: 'off', primary: null, database: 0, user: null, password: null },
  hosts: [{ host: '127.0.0.1', port: 6379 }],
}

export const REDIS_SETTINGS: { readonly [K in keyof RedisConfig]: Setting<RedisConfig[K]> } = {
  redisUrl: {
    path: ['redis', 'url'],
    placeholder: '<url>',
    takes: 'one',
    shape: fromText<RedisPlace>(parseRedisUrl, REDIS_URL_EXPECTED),
    initial: () => LOCAL,
    format: formatRedisUrl,
    secret: 'yes',
    help: 'where Redis is, with store redis: redis://, rediss:// (TLS), redis+sentinel:// or redis+cluster://; the password is not shown',
  },
  redisPrefix: {
    path: ['redis', 'prefix'],
    placeholder: '<word>',
    takes: 'one',
    shape: redisPrefixShape,
    initial: () => 'nearcast',
    format: plain,
    help: 'begins the names of all keys, in braces; the nodes of one fleet have the same, other fleets another',
  },
  redisPasswordFile: {
    path: ['redis', 'passwordFile'],
    placeholder: '<file|none>',
    takes: 'one',
    shape: fileShape,
    initial: () => null,
    format: plain,
    help: 'file whose first line is the password for Redis; stronger than one in redis.url',
  },
  redisTlsCa: {
    path: ['redis', 'tlsCa'],
    placeholder: '<file|none>',
    takes: 'one',
    shape: fileShape,
    initial: () => null,
    format: plain,
    help: 'certificates, PEM, of the authorities that may sign the one of Redis; none: those that Node knows',
  },
}
