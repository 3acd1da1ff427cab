import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Check, CheckAction, CheckBase } from '../../../src/domain/check.ts'
import { appliedChecks } from '../../../src/domain/check.ts'
import { formatProblem, loadDocuments } from '../../../src/policy/load.ts'

const DEFAULTS = { everySeconds: 10, timeoutSeconds: 2, fall: 3, rise: 2, retries: 2, degradedMs: null }
const DERIVED = { ...DEFAULTS, fall: 1, rise: 1, retries: 0 }
const TLS = { serverName: null, verify: 'verify', warnDays: 14 } as const
const HTTP = {
  kind: 'http',
  method: 'GET',
  path: '/',
  scheme: null,
  port: null,
  host: null,
  headers: [],
  expect: [200],
  body: null,
  tls: TLS,
  redirects: 0,
  load: [],
} as const satisfies CheckAction
const DNS = {
  kind: 'dns',
  port: 53,
  transport: 'udp',
  qname: 'a.example',
  qtype: 'A',
  rcode: 'NOERROR',
  answers: [],
} as const
const DIGEST = 'a'.repeat(64)

function checksOf(text: string, ...more: readonly string[]): readonly Check[] {
  const service = `service: api\nendpoints: { one: { a: 192.0.2.1 } }\nsteer: []\nchecks: ${text}`
  const documents = [service, ...more].map((document, index) => ({ path: `${index}.yaml`, text: document }))
  const { set, problems } = loadDocuments(documents)
  assert(set !== null, problems.map(formatProblem).join('\n'))
  return set.policies[0]?.checks ?? []
}

const FORMS: readonly (readonly [text: string, check: Omit<CheckBase, 'name'> & CheckAction])[] = [
  ['{ http: / }', { ...HTTP, ...DEFAULTS }],
  [
    '{ http: /, every: 5s, timeout: 500ms, fall: 1, rise: 9, retries: 0, degradedAfter: 250ms }',
    { ...HTTP, everySeconds: 5, timeoutSeconds: 0.5, fall: 1, rise: 9, retries: 0, degradedMs: 250 },
  ],
  [
    '{ http: /, method: HEAD, scheme: https, port: 8443, host: "API.example:8443", headers: { X-A: "1", x-b: "" } }',
    {
      ...HTTP,
      ...DEFAULTS,
      method: 'HEAD',
      scheme: 'https',
      port: 8443,
      host: 'api.example:8443',
      headers: [
        ['x-a', '1'],
        ['x-b', ''],
      ],
    },
  ],
  ['{ http: /, expect: [404, 301, 404] }', { ...HTTP, ...DEFAULTS, expect: [404, 301] }],
  ['{ http: /, body: ok }', { ...HTTP, ...DEFAULTS, body: { contains: 'ok', matches: null, json: null } }],
  [
    '{ http: /, body: { contains: ok, matches: "^(ok|warm)$" } }',
    { ...HTTP, ...DEFAULTS, body: { contains: 'ok', matches: '^(ok|warm)$', json: null } },
  ],
  [
    '{ http: /, body: { json: $.status } }',
    { ...HTTP, ...DEFAULTS, body: { contains: null, matches: null, json: { path: '$.status', equals: null } } },
  ],
  [
    '{ http: /, body: { json: { path: "$.pools[0].up", equals: true } } }',
    { ...HTTP, ...DEFAULTS, body: { contains: null, matches: null, json: { path: '$.pools[0].up', equals: true } } },
  ],
  [
    '{ http: /, serverName: Api.Example, verify: false, warnBefore: 36h, redirects: 3 }',
    {
      ...HTTP,
      ...DEFAULTS,
      tls: { serverName: 'api.example', verify: 'insecure', warnDays: 1.5 },
      redirects: 3,
    },
  ],
  [
    `{ http: /metrics, load: { load: $.load, rps: 'requests{zone="a"}' } }`,
    {
      ...HTTP,
      ...DEFAULTS,
      path: '/metrics',
      load: [
        { metric: 'load', from: { json: '$.load' } },
        { metric: 'rps', from: { prometheus: 'requests{zone="a"}' } },
      ],
    },
  ],
  ['{ tcp: 443 }', { kind: 'tcp', port: 443, ...DEFAULTS }],
  ['{ tls: 443 }', { kind: 'tls', port: 443, tls: TLS, alpn: [], ...DEFAULTS }],
  [
    '{ tls: 853, alpn: dot, warnBefore: 0s }',
    { kind: 'tls', port: 853, tls: { ...TLS, warnDays: 0 }, alpn: ['dot'], ...DEFAULTS },
  ],
  ['{ dns: A.example. }', { ...DNS, ...DEFAULTS }],
  [
    '{ dns: _probe.a.example, type: TXT, port: 5353, transport: tcp, answer: [up, warm] }',
    {
      ...DNS,
      ...DEFAULTS,
      qname: '_probe.a.example',
      qtype: 'TXT',
      port: 5353,
      transport: 'tcp',
      answers: ['up', 'warm'],
    },
  ],
  ['{ dns: a.example, rcode: REFUSED }', { ...DNS, ...DEFAULTS, rcode: 'REFUSED' }],
  ['{ grpc: 50051 }', { kind: 'grpc', port: 50_051, service: '', tls: null, ...DEFAULTS }],
  [
    '{ grpc: 443, service: shop.Cart, transport: tls, serverName: cart.example }',
    { kind: 'grpc', port: 443, service: 'shop.Cart', tls: { ...TLS, serverName: 'cart.example' }, ...DEFAULTS },
  ],
  [
    `{ heartbeat: 30s, tokenSha256: ${DIGEST.toUpperCase()} }`,
    { kind: 'heartbeat', expireSeconds: 30, tokenSha256: DIGEST, ...DERIVED },
  ],
  ['{ exec: /bin/true }', { kind: 'exec', command: ['/bin/true'], ...DEFAULTS }],
  ['{ exec: [/bin/probe, --fast, a b] }', { kind: 'exec', command: ['/bin/probe', '--fast', 'a b'], ...DEFAULTS }],
]

for (const [text, check] of FORMS) {
  test(`check: ${text}`, () => assert.deepEqual(checksOf(`{ web: ${text} }`), [{ name: 'web', ...check }]))
}

test('a class of statuses is all of them, each once, in the order given', () => {
  const [check] = checksOf('{ web: { http: /, expect: [301, 2xx, 200] } }')
  assert(check?.kind === 'http')
  assert.deepEqual([check.expect.length, check.expect[0], check.expect[1], check.expect.at(-1)], [101, 301, 200, 299])
})

const COMPOSITES: readonly (readonly [text: string, action: CheckAction])[] = [
  ['{ all: [web, raw] }', { kind: 'all', of: ['web', 'raw'] }],
  ['{ all: web }', { kind: 'all', of: ['web'] }],
  ['{ any: [raw, other] }', { kind: 'any', of: ['raw', 'other'] }],
  ['{ atLeast: 1, of: [web, raw] }', { kind: 'atLeast', n: 1, of: ['web', 'raw'] }],
  ['{ not: web }', { kind: 'not', of: 'web' }],
]

for (const [text, action] of COMPOSITES) {
  test(`composite: ${text}`, () => {
    const checks = checksOf(`{ it: ${text}, web: { http: / }, raw: { tcp: 80 }, other: { not: raw } }`)
    assert.deepEqual(checks[0], { name: 'it', ...action, ...DERIVED })
  })
}

test('a composite may stand before what it names, and go by another composite', () => {
  const checks = checksOf('{ c: { not: b }, b: { any: [a] }, a: { tcp: 1 } }')
  assert.deepEqual(
    checks.map(({ kind }) => kind),
    ['not', 'any', 'tcp'],
  )
})

const SHARED = 'checks:\n  standard-web: { http: /healthz, every: 5s }\n  raw: { tcp: 443 }'

test('a shared check goes by the name that the service gives it', () => {
  const checks = checksOf('{ web: standard-web, port: raw, both: { all: [web, port] } }', SHARED)
  assert.deepEqual(checks, [
    { name: 'web', ...HTTP, ...DEFAULTS, path: '/healthz', everySeconds: 5 },
    { name: 'port', kind: 'tcp', port: 443, ...DEFAULTS },
    { name: 'both', kind: 'all', of: ['web', 'port'], ...DERIVED },
  ])
})

const JUDGES: readonly (readonly [named: readonly string[], judges: readonly string[]])[] = [
  [[], ['top', 'raw']],
  [['web'], ['web']],
  [
    ['top', 'mid'],
    ['top', 'mid'],
  ],
  [['gone'], []],
]

for (const [named, judges] of JUDGES) {
  test(`an endpoint that names ${named.join(' and ') || 'no checks'} is judged by ${judges.join(' and ')}`, () => {
    const checks = checksOf('{ top: { all: [mid] }, mid: { any: [web] }, web: { http: / }, raw: { tcp: 1 } }')
    assert.deepEqual(
      appliedChecks({ checks }, { checks: named }).counted.map(({ name }) => name),
      judges,
    )
  })
}

interface Refusal {
  readonly documents: readonly string[]
  readonly found: readonly (readonly [rule: string, path: string, says: string])[]
}

const SERVICE = 'service: api\nendpoints: { one: { a: 192.0.2.1 } }\nsteer: []\n'
const service = (checks: string): string => `${SERVICE}checks: ${checks}`

const REFUSED: Readonly<Record<string, Refusal>> = {
  'a shared check that nobody defines': {
    documents: [service('{ web: standard-wbe }'), SHARED],
    found: [
      ['unknown-check', 'checks.web', 'did you mean `standard-web`?'],
      ['unused-shared-check', 'checks.standard-web', 'no service uses'],
      ['unused-shared-check', 'checks.raw', 'checks: { raw: raw }'],
    ],
  },
  'a shared check, and there are none': {
    documents: [service('{ web: http }')],
    found: [['unknown-check', 'checks.web', '{ http: /healthz }']],
  },
  'a shared check that cannot be read is told once': {
    documents: [service('{ web: standard }'), 'checks: { standard: { tcp: 0 } }'],
    found: [['bad-value', 'checks.standard.tcp', 'a port from 1 to 65535']],
  },
  'one name in two documents': {
    documents: [service('{ web: raw }'), 'checks: { raw: { tcp: 1 } }', 'checks: { raw: { tcp: 2 } }'],
    found: [['duplicate-shared-check', 'checks.raw', 'the shared check `raw` is defined twice']],
  },
  'a shared composite': {
    documents: [service('{ it: both }'), 'checks: { both: { all: [a, b] } }'],
    found: [['shared-composite', 'checks.both', 'write it in the service']],
  },
  'a document that begins with the checks of its service': {
    documents: [`checks: { a: { tcp: 1 } }\n${SERVICE}`],
    found: [['unknown-document', 'checks', 'put `service` first']],
  },
  'TLS as a mapping inside a check': {
    documents: [service('{ web: { http: /, tls: { verify: false } } }')],
    found: [['check-kind', 'checks.web', 'stands beside it: `serverName`']],
  },
  'what stands beside shared checks': {
    documents: ['checks: { a: { tcp: 1 } }\nsites: {}', service('{ a: a }')],
    found: [['unknown-key', 'sites', '`sites` is no key of the document']],
  },
}

for (const [name, { documents, found }] of Object.entries(REFUSED)) {
  test(`told: ${name}`, () => {
    const { problems } = loadDocuments(documents.map((text, index) => ({ path: `${index}.yaml`, text })))
    assert.deepEqual(
      problems.map(({ rule, path }) => [rule, path]),
      found.map(([rule, path]) => [rule, path]),
      problems.map(formatProblem).join('\n'),
    )
    for (const [index, [, , says]] of found.entries()) {
      const { message = '', hint = '' } = problems[index] ?? {}
      assert(`${message} — ${hint}`.includes(says), `${message} — ${hint}`)
    }
  })
}
