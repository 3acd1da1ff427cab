import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from '../../../src/app/config.ts'
import { REDIS_URL_EXPECTED } from '../../../src/state/redis/redis-url.ts'
import { good, problemsOf } from './config-given.ts'

const LISTEN = 'expected an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080, or off'
const REPORT_KEY = 'expected 32 octets as 64 hexadecimal digits, in quotation marks in a file, or random'
const SECRETS = 'expected 16 octets as 32 hexadecimal digits, in quotation marks in a file'
const badFlags: [name: string, raw: unknown, problem: string][] = [
  ['dns', '5353', `flag --dns is "5353", ${LISTEN}`],
  ['dns', 'localhost:53', `flag --dns is "localhost:53", ${LISTEN}`],
  ['dns', '127.0.0.1', `flag --dns is "127.0.0.1", ${LISTEN}`],
  ['dns', '127.0.0.1:65536', `flag --dns is "127.0.0.1:65536", ${LISTEN}`],
  ['dns', '127.0.0.01:53', `flag --dns is "127.0.0.01:53", ${LISTEN}`],
  ['dns', '::1:53', `flag --dns is "::1:53", ${LISTEN}`],
  ['dns', '', `flag --dns is "", ${LISTEN}`],
  ['dns', ['127.0.0.1:1', '127.0.0.1:2'], 'flag --dns is ["127.0.0.1:1","127.0.0.1:2"], expected one value'],
  ['policies', '', 'flag --policies is "", expected the path of a folder'],
  ['geoData', 'a\0b', 'flag --geo-data is "a\\u0000b", expected the path of a folder'],
  ['store', 'reddis', 'flag --store is "reddis", expected one of memory, redis; did you mean redis?'],
  ['redisUrl', 'redis://:secret@', `flag --redis-url is a value that is not shown, expected ${REDIS_URL_EXPECTED}`],
  [
    'redisPrefix',
    '{near}',
    'flag --redis-prefix is "{near}", expected letters, digits, dots, colons, hyphens and underscores, at most 64',
  ],
  ['redisPasswordFile', '', 'flag --redis-password-file is "", expected the path of a file, or none'],
  [
    'trustedProxies',
    '10.0.0.1/8',
    'flag --trusted-proxies is "10.0.0.1/8", expected a network such as 10.0.0.0/8 or 2001:db8::/32; did you mean 10.0.0.0/8?',
  ],
  [
    'trustedProxies',
    ['10.0.0.0/8', 'all'],
    'flag --trusted-proxies is "all", expected a network such as 10.0.0.0/8 or 2001:db8::/32',
  ],
  [
    'resolvers',
    'dns.example',
    'flag --resolvers is "dns.example", expected the address of a resolver, such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353',
  ],
  ['dnsWorkers', 'all', 'flag --dns-workers is "all", expected a whole number from 0 to 64'],
  ['dnsWorkers', 65, 'flag --dns-workers is "65", expected a whole number from 0 to 64'],
  ['dnsDebug', true, 'flag --dns-debug is "true", expected a network such as 10.0.0.0/8 or 2001:db8::/32'],
  ['dnsRateLimit', 1_000_001, 'flag --dns-rate-limit is "1000001", expected a whole number from 0 to 1000000'],
  ['dnsRateLimit', '1e3', 'flag --dns-rate-limit is "1e3", expected a whole number from 0 to 1000000'],
  ['dnsRateLimitSlip', 11, 'flag --dns-rate-limit-slip is "11", expected a whole number from 0 to 10'],
  ['dnsCookies', 'yes', 'flag --dns-cookies is "yes", expected one of on, off'],
  [
    'dnsVersion',
    'naïve',
    'flag --dns-version is "naïve", expected a text of at most 255 printable ASCII characters, or off',
  ],
  [
    'dnsCookieSecrets',
    ['00112233445566778899aabbccddeeff', 'e5e973e5a6b2a43f48e7dc849e37bfc'],
    `flag --dns-cookie-secrets is a value that is not shown, ${SECRETS}`,
  ],
  ['dnsCookieSecrets', 12, `flag --dns-cookie-secrets is a value that is not shown, ${SECRETS}`],
  [
    'dnsCookieSecrets',
    new Array(5).fill('00112233445566778899aabbccddeeff'),
    'flag --dns-cookie-secrets is a value that is not shown, expected at most 4 secrets',
  ],
  ['reports', 'yes', 'flag --reports is "yes", expected one of on, off'],
  ['checksRate', 0, 'flag --checks-rate is "0", expected a whole number from 1 to 100000'],
  ['checksConcurrency', 65_536, 'flag --checks-concurrency is "65536", expected a whole number from 1 to 65535'],
  ...['5', '-5s', '61m', '3600001ms'].map((raw): [string, string, string] => [
    'checksStartWithin',
    raw,
    `flag --checks-start-within is "${raw}", expected a duration such as 500ms, 5s or 1m, at most 60m`,
  ]),
  [
    'nodeLocation',
    '91,0',
    'flag --node-location is "91,0", expected latitude and longitude in degrees, such as 50.11,8.68, or none',
  ],
  [
    'nodeLocation',
    'fra',
    'flag --node-location is "fra", expected latitude and longitude in degrees, such as 50.11,8.68, or none',
  ],
  ['reportsKey', '00'.repeat(31), `flag --reports-key is a value that is not shown, ${REPORT_KEY}`],
  ['reportsKey', 'zz'.repeat(32), `flag --reports-key is a value that is not shown, ${REPORT_KEY}`],
  ['store', 'constructor', 'flag --store is "constructor", expected one of memory, redis'],
  [
    'logLevel',
    'inof',
    'flag --log-level is "inof", expected one of fatal, error, warn, info, debug, trace, silent; did you mean info?',
  ],
  ['logFormat', 'xml', 'flag --log-format is "xml", expected one of auto, pretty, json'],
  ['nodeId', 'a b', 'flag --node-id is "a b", expected letters, digits, dots, hyphens and underscores, at most 253'],
  ['config', 'gone.yaml', 'flag --config is "gone.yaml", and no such file is there'],
]
for (const [name, raw, problem] of badFlags) {
  test(`refused: ${name} ${JSON.stringify(raw)}`, () =>
    assert.deepEqual(problemsOf({ flags: { [name]: raw } }), [problem]))
}

const badFiles: [name: string, text: string | Uint8Array, problems: string[]][] = [
  ['an unknown key', 'polices: x\n', ['nearcast.yaml:1: polices is no setting; did you mean `policies`?']],
  ['an unknown key inside', 'log:\n  leve: info\n', ['nearcast.yaml:2: log.leve is no setting; did you mean `level`?']],
  ['a key of the prototype', '__proto__: { state: x }\n', ['nearcast.yaml:1: ']],
  ['a bad value', '\nlisten:\n  admin: 9090\n', [`nearcast.yaml:3: listen.admin is "9090", ${LISTEN}`]],
  [
    'a value where a mapping belongs',
    'listen: 53\n',
    ['nearcast.yaml:1: listen is 53, expected a mapping with the keys dns, dot, doh, redirect, discovery, admin'],
  ],
  [
    'a mapping where a value belongs',
    'state: { dir: x }\n',
    ['nearcast.yaml:1: state is {"dir":"x"}, expected one value'],
  ],
  ['no value', 'state:\n', ['nearcast.yaml:1: state is null, expected one value']],
  [
    'a mapping in a list',
    'trustedProxies: [{ a: 1 }]\n',
    ['nearcast.yaml:1: trustedProxies is [{"a":1}], expected a list of values'],
  ],
  ['a key twice', 'state: a\nstate: b\n', ['nearcast.yaml:2: ']],
  ['no mapping', '- state\n', ['nearcast.yaml:1: the file is no mapping of settings to values']],
  ['no YAML', 'a: [\n', ['nearcast.yaml:']],
  ['no UTF-8', Uint8Array.of(0xff, 0xfe), ['nearcast.yaml: the document is not valid UTF-8']],
]
for (const [name, text, problems] of badFiles) {
  test(`refused in the file: ${name}`, () => {
    const found = problemsOf({ files: { 'nearcast.yaml': text } })
    assert.equal(found.length, problems.length, found.join('\n'))
    assert.deepEqual(
      problems.map((problem, index) => found[index]?.slice(0, problem.length)),
      problems,
    )
  })
}

for (const text of ['', '# only comments\n', 'log:\n', '{}']) {
  test(`a file that sets nothing is well: ${JSON.stringify(text)}`, () => {
    assert.deepEqual(good({ files: { 'nearcast.yaml': text } }).config, good({}).config)
  })
}

test('a file that cannot be read is told, not passed over', () => {
  const readFile = (): never => {
    throw new Error('EACCES: permission denied')
  }
  const loaded = loadConfig({ flags: {}, env: {}, readFile })
  assert.deepEqual(loaded, { problems: ['nearcast.yaml cannot be read: EACCES: permission denied'] })
})

const variableRows: [name: string, value: string, problem: RegExp | null][] = [
  ['NEARCAST_DSN', 'x', /^NEARCAST_DSN is no variable of Nearcast; did you mean `NEARCAST_DNS`\?$/],
  ['NEARCAST_DNS_PORT', '53', /^NEARCAST_DNS_PORT is no variable/],
  ['NEARCAST_NODE_NAME', 'a', /^NEARCAST_NODE_NAME is no variable/],
  ['NEARCAST_CONFIG', 'gone.yaml', /^NEARCAST_CONFIG is "gone\.yaml", and no such file is there$/],
  ['NEARCAST_STORE', 'disk', /^NEARCAST_STORE is "disk", expected one of memory, redis$/],
  ['NEAR_DNS', 'x', null],
  // Kubernetes, for Services called nearcast and nearcast-dns.
  ['NEARCAST_SERVICE_HOST', '10.0.0.1', null],
  ['NEARCAST_DNS_SERVICE_PORT_UDP', '53', null],
  ['NEARCAST_PORT', 'tcp://10.0.0.1:8080', null],
  ['NEARCAST_DNS_PORT', 'udp://10.0.0.1:53', null],
  ['NEARCAST_DNS_PORT_53_UDP', 'udp://10.0.0.1:53', null],
  ['NEARCAST_DNS_PORT_53_UDP_ADDR', '10.0.0.1', null],
]
for (const [name, value, problem] of variableRows) {
  test(`variable ${name}=${value}: ${problem === null ? 'passed over' : 'refused'}`, () => {
    const found = problemsOf({ env: { [name]: value } })
    assert.equal(found.length, problem === null ? 0 : 1)
    if (problem !== null) assert.match(found[0] ?? '', problem)
  })
}

test('all problems are told at once, also of values that a stronger source overrides', () => {
  const problems = problemsOf({
    flags: { dns: 'x', state: 'fine' },
    env: { NEARCAST_ADMIN: 'y', NEARCAST_NONE: '1', NEARCAST_STATE: 'fine' },
    files: { 'nearcast.yaml': 'listen: { dns: z }\nsite: fra\nlog: { level: loud }\n' },
  })
  const starts = [
    'NEARCAST_NONE',
    'nearcast.yaml:2: site',
    'flag --dns',
    'nearcast.yaml:1: listen.dns',
    'NEARCAST_ADMIN',
    'nearcast.yaml:3: log.level',
  ]
  assert.deepEqual(
    problems.map((problem) => starts.find((start) => problem.startsWith(start))),
    starts,
  )
})

const CERTIFICATE = { dnsTlsCert: 'tls.crt', dnsTlsKey: 'tls.key' }
const sharedRows: [flags: Record<string, string>, problems: string[]][] = [
  [{ redirect: '127.0.0.1:9090' }, ['--redirect and --admin are both 127.0.0.1:9090, expected one address for each']],
  [
    { dns: '[::]:53', discovery: '[0::0]:53' },
    ['--dns and --discovery are both [::]:53, expected one address for each'],
  ],
  [{ redirect: '127.0.0.1:0', admin: '127.0.0.1:0' }, []],
  [{ redirect: 'off', admin: 'off' }, []],
  [
    { dot: '127.0.0.1:5353', ...CERTIFICATE },
    ['--dns and --dot are both 127.0.0.1:5353, expected one address for each'],
  ],
]
for (const [flags, problems] of sharedRows) {
  test(`one address for each: ${JSON.stringify(flags)}`, () => assert.deepEqual(problemsOf({ flags }), problems))
}

const noCert = (users: string) =>
  `${users} cannot do without --dns-tls-cert (dns.tlsCert), which is none, expected a file`
const noKey = (users: string) => `${users} cannot do without --dns-tls-key (dns.tlsKey), which is none, expected a file`
const certificateRows: [flags: Record<string, string>, problems: string[]][] = [
  [{ dot: '127.0.0.1:853' }, [noCert('--dot'), noKey('--dot')]],
  [{ doh: '127.0.0.1:443', dnsTlsCert: 'tls.crt' }, [noKey('--doh')]],
  [{ dot: '127.0.0.1:853', doh: '127.0.0.1:443', dnsTlsKey: 'tls.key' }, [noCert('--dot and --doh')]],
  [{ dnsTlsCert: 'tls.crt' }, [noKey('A certificate')]],
  [{ dnsTlsCert: 'none', dnsTlsKey: 'none' }, []],
  [CERTIFICATE, []],
  [{ dot: '127.0.0.1:853', doh: '127.0.0.1:443', ...CERTIFICATE }, []],
]
for (const [flags, problems] of certificateRows) {
  test(`a certificate for TLS: ${JSON.stringify(flags)}`, () => assert.deepEqual(problemsOf({ flags }), problems))
}
