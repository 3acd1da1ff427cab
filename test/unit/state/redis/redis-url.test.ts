import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatRedisUrl, parseRedisUrl, type RedisPlace } from '../../../../src/state/redis/redis-url.ts'

const LOCAL: RedisPlace = {
  ...{ mode: 'single', tls: 'off', hosts: [{ host: '127.0.0.1', port: 6379 }] },
  ...{ primary: null, database: 0, user: null, password: null },
}
const hosts = (...ports: number[]) => ports.map((port) => ({ host: '10.0.0.1', port }))

const rows: [url: string, place: RedisPlace | undefined, shown?: string][] = [
  ['redis://127.0.0.1', LOCAL, 'redis://127.0.0.1:6379'],
  ['redis://127.0.0.1:6379/', LOCAL, 'redis://127.0.0.1:6379'],
  ['redis://127.0.0.1:7/3', { ...LOCAL, hosts: [{ host: '127.0.0.1', port: 7 }], database: 3 }],
  ['rediss://[2001:db8::1]:6390', { ...LOCAL, tls: 'on', hosts: [{ host: '2001:db8::1', port: 6390 }] }],
  ['redis://:secret@127.0.0.1', { ...LOCAL, password: 'secret' }, 'redis://:***@127.0.0.1:6379'],
  ['redis://ada@127.0.0.1', { ...LOCAL, user: 'ada' }, 'redis://ada@127.0.0.1:6379'],
  ['redis://@127.0.0.1', LOCAL, 'redis://127.0.0.1:6379'],
  ['redis://a%40b:p%2Fw%3A@127.0.0.1', { ...LOCAL, user: 'a@b', password: 'p/w:' }, 'redis://a%40b:***@127.0.0.1:6379'],
  [
    'redis+sentinel://10.0.0.1,10.0.0.1:7/fleet/2',
    { ...LOCAL, mode: 'sentinel', hosts: hosts(26_379, 7), primary: 'fleet', database: 2 },
    'redis+sentinel://10.0.0.1:26379,10.0.0.1:7/fleet/2',
  ],
  [
    'rediss+cluster://10.0.0.1:1,10.0.0.1:2',
    { ...LOCAL, mode: 'cluster', tls: 'on', hosts: hosts(1, 2) },
    'rediss+cluster://10.0.0.1:1,10.0.0.1:2',
  ],
  ...[
    '',
    'redis',
    'redis://',
    'http://127.0.0.1',
    'constructor://127.0.0.1',
    'redis://a,b',
    'redis://127.0.0.1:0',
    'redis://127.0.0.1:65536',
    'redis://127.0.0.1/x',
    'redis://a%zz@127.0.0.1',
    'redis://u:p@w@127.0.0.1',
    'redis+sentinel://10.0.0.1',
    'redis+sentinel://10.0.0.1/',
    'redis+cluster://10.0.0.1/1',
    'redis+cluster://10.0.0.1,,10.0.0.2',
    `redis+cluster://${Array(17).fill('a').join(',')}`,
  ].map((url): [string, undefined] => [url, undefined]),
]
for (const [url, place, shown] of rows) {
  test(`the URL ${JSON.stringify(url.slice(0, 60))} is ${place === undefined ? 'refused' : 'read'}`, () => {
    assert.deepEqual(parseRedisUrl(url), place)
    if (place !== undefined) assert.equal(formatRedisUrl(place), shown ?? url)
  })
}
