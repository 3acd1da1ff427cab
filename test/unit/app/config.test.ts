import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { availableParallelism, hostname } from 'node:os'
import { test } from 'node:test'
import { composeSettingsTable, configFlags, describeConfig, type SettingName } from '../../../src/app/config.ts'
import { type Given, good, shownOf } from './config-given.ts'

test('without any source, everything has its default', () => {
  const { config, origins } = good({})
  assert.deepEqual(config, {
    dns: { host: '127.0.0.1', port: 5353 },
    dot: null,
    doh: null,
    redirect: { host: '127.0.0.1', port: 8080 },
    discovery: { host: '127.0.0.1', port: 8081 },
    admin: { host: '127.0.0.1', port: 9090 },
    policies: './policies',
    zones: [],
    geoData: './geo-data',
    state: '.nearcast',
    store: 'memory',
    redisUrl: {
      ...{ mode: 'single', tls: 'off', hosts: [{ host: '127.0.0.1', port: 6379 }] },
      ...{ primary: null, database: 0, user: null, password: null },
    },
    redisPrefix: 'nearcast',
    redisPasswordFile: null,
    redisTlsCa: null,
    trustedProxies: [],
    resolvers: [],
    dnsWorkers: Math.min(8, availableParallelism()),
    dnsDebug: [],
    dnsRateLimit: 1000,
    dnsRateLimitSlip: 2,
    dnsRateLimitExempt: [
      { family: 4, bytes: Uint8Array.of(127, 0, 0, 0), length: 8 },
      { family: 6, bytes: Uint8Array.of(...new Array(15).fill(0), 1), length: 128 },
    ],
    dnsCookies: 'on',
    dnsCookieSecrets: [],
    dnsVersion: 'nearcast',
    dnsIdentity: 'on',
    dnsTlsCert: null,
    dnsTlsKey: null,
    dnsProxyFrom: [],
    checksAllow: [],
    checksDeny: [],
    checksExec: 'off',
    checksRate: 2_000,
    checksConcurrency: 2_000,
    checksStartWithin: 5_000,
    nodeLocation: null,
    reports: 'on',
    reportsKey: null,
    logLevel: 'info',
    logFormat: 'auto',
    nodeId: hostname(),
  })
  assert.ok(Object.values(origins).every((origin) => origin === 'default'))
})

const files = { 'nearcast.yaml': '# a comment\nlisten:\n  dns: 127.0.0.1:53\nlog: { level: debug }\n' }
const strengthRows: [name: string, given: Given, value: string, origin: string][] = [
  ['file', { files }, '127.0.0.1:53', 'nearcast.yaml:3'],
  ['variable over file', { files, env: { NEARCAST_DNS: '127.0.0.1:54' } }, '127.0.0.1:54', 'NEARCAST_DNS'],
  [
    'flag over variable and file',
    { files, env: { NEARCAST_DNS: '127.0.0.1:54' }, flags: { dns: '127.0.0.1:55' } },
    '127.0.0.1:55',
    'flag --dns',
  ],
  ['an empty variable is none', { files, env: { NEARCAST_DNS: '' } }, '127.0.0.1:53', 'nearcast.yaml:3'],
  ['an undefined flag is none', { flags: { dns: undefined } }, '127.0.0.1:5353', 'default'],
]
for (const [name, given, value, origin] of strengthRows) {
  test(`strength: ${name}`, () => {
    assert.equal(shownOf(given, 'dns'), value)
    assert.equal(good(given).origins.dns, origin)
  })
}

const other = {
  'other.yaml': 'site: x\n',
  'a.yaml': 'state: a\n',
  'b.yaml': 'state: b\n',
  'nearcast.yaml': 'state: c\n',
}
const fileRows: [name: string, given: Given, state: string][] = [
  ['the default one', { files: other }, 'c'],
  ['by variable', { files: other, env: { NEARCAST_CONFIG: 'b.yaml' } }, 'b'],
  ['by flag', { files: other, env: { NEARCAST_CONFIG: 'b.yaml' }, flags: { config: 'a.yaml' } }, 'a'],
  ['none', {}, '.nearcast'],
]
for (const [name, given, state] of fileRows) {
  test(`file: ${name}`, () => assert.equal(good(given).config.state, state))
}

const valueRows: [name: SettingName, raw: unknown, value: string][] = [
  ['dns', 'off', 'off'],
  ['dns', '[::]:53', '[::]:53'],
  ['dns', '[2001:DB8:0:0::1]:0', '[2001:db8::1]:0'],
  ['admin', '0.0.0.0:65535', '0.0.0.0:65535'],
  ['policies', '/etc/near cast/policies', '/etc/near cast/policies'],
  [
    'zones',
    ['zones/geo.example.zone,GEO.example.=/srv/x', '/etc/bind'],
    'zones/geo.example.zone, geo.example=/srv/x, /etc/bind',
  ],
  ['zones', 'none', 'none'],
  ['trustedProxies', '10.0.0.0/8', '10.0.0.0/8'],
  ['trustedProxies', '10.0.0.0/8, 2001:db8::/32,', '10.0.0.0/8, 2001:db8::/32'],
  ['trustedProxies', ['10.0.0.0/8', '192.0.2.1,::1'], '10.0.0.0/8, 192.0.2.1/32, ::1/128'],
  ['trustedProxies', 'none', 'none'],
  ['resolvers', '192.0.2.53', '192.0.2.53:53'],
  [
    'resolvers',
    ['192.0.2.53:5300', '2001:db8::53', '[2001:db8::53]:5300'],
    '192.0.2.53:5300, [2001:db8::53]:53, [2001:db8::53]:5300',
  ],
  ['resolvers', 'system', 'system'],
  ['dnsWorkers', 2, '2'],
  ['dnsWorkers', '64', '64'],
  ['dnsDebug', '192.0.2.0/24', '192.0.2.0/24'],
  ['dnsRateLimit', 0, '0'],
  ['dnsRateLimit', '100000', '100000'],
  ['dnsRateLimitSlip', 1, '1'],
  ['dnsRateLimitExempt', 'none', 'none'],
  ['dnsRateLimitExempt', ['192.0.2.0/24', '2001:db8::/32'], '192.0.2.0/24, 2001:db8::/32'],
  ['dnsCookies', 'off', 'off'],
  ['dnsCookieSecrets', 'random', 'random'],
  ['dnsCookieSecrets', ['00112233445566778899aabbccddeeff', 'E5E973E5A6B2A43F48E7DC849E37BFCF'], '2 not shown'],
  ['dnsVersion', 'off', 'off'],
  ['dnsVersion', 'names of the house', 'names of the house'],
  ['dnsIdentity', 'off', 'off'],
  ['reports', 'off', 'off'],
  ['checksRate', '1', '1'],
  ['checksConcurrency', '65535', '65535'],
  ['checksStartWithin', '500ms', '500ms'],
  ['checksStartWithin', '0s', '0s'],
  ['checksStartWithin', '2m', '120s'],
  ['nodeLocation', '50.11, 8.68', '50.11,8.68'],
  ['nodeLocation', '-33.9,-180', '-33.9,-180'],
  ['nodeLocation', 'none', 'none'],
  ['checksAllow', '10.0.0.0/8', '10.0.0.0/8'],
  ['checksDeny', 'none', 'none'],
  ['checksExec', 'on', 'on'],
  ['reportsKey', 'random', 'random'],
  ['reportsKey', '0A'.repeat(32), 'not shown'],
  ['logLevel', 'silent', 'silent'],
  ['logFormat', 'json', 'json'],
  ['nodeId', 'edge-1.fra.example', 'edge-1.fra.example'],
  ['nodeId', 7, '7'],
]
for (const [name, raw, value] of valueRows) {
  test(`value: ${name} from ${JSON.stringify(raw)}`, () =>
    assert.equal(shownOf({ flags: { [name]: raw } }, name), value))
}

test('what is shown of a value reads as the same value again', () => {
  const flags = {
    resolvers: ['192.0.2.53', '2001:db8::53'],
    trustedProxies: '10.0.0.0/8',
    dns: '[::1]:53',
  }
  const first = good({ flags })
  const shown = describeConfig(first.config, first.origins).map(({ name, value }) => [name, value])
  assert.deepEqual(good({ flags: Object.fromEntries(shown) }).config, first.config)
})

test('each setting has a flag for the command line', () => {
  const flags = configFlags()
  assert.equal(flags.length, Object.keys(good({}).config).length + 1)
  assert.deepEqual(
    flags.find(({ syntax }) => syntax.startsWith('--trusted')),
    {
      syntax: '--trusted-proxies <cidr,…|none>',
      help: 'networks of your own proxies: their X-Forwarded-For, Forwarded and tenant headers are believed (default: none; NEARCAST_TRUSTED_PROXIES)',
      takes: 'list',
    },
  )
})

const ROOT = new URL('../../../', import.meta.url)

test('the table in docs/configuration.md is the table in the code', () => {
  const text = readFileSync(new URL('docs/configuration.md', ROOT), 'utf8')
  assert.ok(text.includes(composeSettingsTable()), `put this into docs/configuration.md:\n${composeSettingsTable()}`)
})

test('the file shown in docs/configuration.md is a good one', () => {
  const text = readFileSync(new URL('docs/configuration.md', ROOT), 'utf8')
  const shown = /^```yaml\n(.*?)^```/ms.exec(text)?.[1] ?? ''
  assert.equal(shownOf({ files: { 'nearcast.yaml': shown } }, 'nodeId'), 'fra-1')
})

test("the repository's own nearcast.yaml trusts loopback, and names no setting that is none", () => {
  const text = readFileSync(new URL('nearcast.yaml', ROOT), 'utf8')
  const { config, origins } = good({ files: { 'nearcast.yaml': text } })
  assert.deepEqual({ ...config, trustedProxies: [] }, good({}).config)
  assert.equal(
    describeConfig(config, origins).find(({ name }) => name === 'trustedProxies')?.value,
    '127.0.0.0/8, ::1/128',
  )
  const uncommented = text.replace(/^# ?(?=\s*[a-zA-Z]+:)/gm, '')
  // What hangs on the machine.
  const file = uncommented.replace('name of the host', hostname()).replace('one a core', String(config.dnsWorkers))
  assert.deepEqual(good({ files: { 'nearcast.yaml': file } }).config, config)
})
