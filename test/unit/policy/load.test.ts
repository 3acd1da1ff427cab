import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  MAX_DOCUMENT_BYTES,
  MAX_DOCUMENTS,
  MAX_ENDPOINTS,
  MAX_PROBLEMS,
  MAX_STEPS,
} from '../../../src/policy/limits.ts'
import { decodeDocument, formatProblem, loadDocuments } from '../../../src/policy/load.ts'

const SERVICE = 'service: api\nendpoints: { a: { a: 192.0.2.1 } }\nsteer: []\n'

/** Documents `0.yaml`, `1.yaml`, … → problems as a terminal shows them. */
const problemsOf = (...texts: string[]): string[] =>
  loadDocuments(texts.map((text, index) => ({ path: `${index}.yaml`, text }))).problems.map(formatProblem)

const ERRORS: readonly (readonly [what: string, texts: readonly string[], expected: readonly RegExp[]])[] = [
  [
    'one service in two files',
    [SERVICE, SERVICE],
    [/^1\.yaml:1:1 error duplicate-service service: .*`api` is defined twice: here and at 0\.yaml:1:1 /],
  ],
  [
    'one zone in two files, in other letters',
    ['zone: geo.example\nns: ns.x.example\n', 'ns: &n ns.x.example\nzone: x\n', 'zone: Geo.Example.\nns: ns.x.example'],
    [
      /^1\.yaml:1:1 error unknown-document ns: .*put `zone` first/,
      /^2\.yaml:1:1 error duplicate-zone zone: .*here and at 0\.yaml:1:1/,
    ],
  ],
  [
    'one site in two files',
    ['sites:\n  fra: { lat: 1, lon: 1, country: DE }', 'sites: { fra: { lat: 1, lon: 1, country: DE } }'],
    [/^1\.yaml:1:10 error duplicate-site sites\.fra: .*here and at 0\.yaml:2:3/],
  ],
  [
    'one tenant in two files',
    ['tenants: { a: {} }', 'tenants: { a: {} }'],
    [/^1\.yaml:1:12 error duplicate-tenant tenants\.a: .*here and at 0\.yaml:1:12/],
  ],
  [
    'several documents with problems',
    ['service: a', 'zone: 5', 'sites: 6', 'tenants: 7'],
    [
      /^0\.yaml:1:1 error missing-key/,
      /^0\.yaml:1:1 error missing-key/,
      /^1\.yaml:1:1 error missing-key.*`ns`/,
      /^1\.yaml:1:7 error wrong-type zone/,
      /^2\.yaml:1:8 error wrong-type sites/,
      /^3\.yaml:1:10 error wrong-type tenants/,
    ],
  ],
  [
    'no document defines sites',
    ['service: a\nsteer: []\nendpoints: { a: { a: 192.0.2.1, site: fra } }'],
    [/^0\.yaml:3:39 error unknown-site endpoints\.a\.site: no document defines sites/],
  ],
  [
    'an unreadable document might have held the site: not told',
    ['service: a\nsteer: []\nendpoints: { a: { a: 192.0.2.1, site: fra } }', 'sites: {'],
    [/^1\.yaml:1:\d+ error yaml-syntax/],
  ],
  [
    'a site with a mistake is still a known site',
    ['service: a\nsteer: []\nendpoints: { a: { a: 192.0.2.1, site: fra } }', 'sites: { fra: { lat: 1, country: DE } }'],
    [/^1\.yaml:1:10 error missing-key sites\.fra: `fra` has no `lon`/],
  ],
  [
    'an endpoint with a mistake is still a known endpoint',
    [
      'service: a\nendpoints: { a: { a: 192.0.2 }, b: { a: 192.0.2.1, wieght: 1 } }\nsteer: [{ nearest: { bias: { a: 1 } } }]\nonAllDown: { static: b }',
    ],
    [/^0\.yaml:2:22 error bad-address/, /^0\.yaml:2:52 error unknown-key/],
  ],
  [
    'a service at a name with a CNAME',
    [
      `names: { dns: x.geo.example }\n`,
      `service: api\nnames: { dns: x.geo.example }\nendpoints: { a: { a: 192.0.2.1 } }\nsteer: []`,
      'zone: geo.example\nns: ns.x.example\nrecords: [{ name: x, type: CNAME, value: y }]',
    ],
    [
      /^0\.yaml:1:1 error unknown-document/,
      /^2\.yaml:3:42 error record-at-service-name records\[0\]\.value: `x\.geo\.example` has a record of type CNAME and is a name of the service `api` \(1\.yaml:1\)/,
    ],
  ],
  [
    'a service at a name with an address',
    [
      `service: api\nnames: { dns: geo.example }\nendpoints: { a: { a: 192.0.2.1 } }\nsteer: []`,
      'zone: geo.example\nns: ns.x.example\nrecords: [{ name: "@", type: A, value: 192.0.2.2 }, { name: "@", type: TXT, value: x }]',
    ],
    [/^1\.yaml:3:40 error record-at-service-name/],
  ],
  [
    'a service with `https` at a name with an HTTPS record; SVCB beside it, and HTTPS without `https`, may be',
    [
      `service: api\nnames: { dns: x.geo.example }\nhttps: true\nendpoints: { a: { a: 192.0.2.1 } }\nsteer: []`,
      `service: two\nnames: { dns: y.geo.example }\nendpoints: { a: { a: 192.0.2.1 } }\nsteer: []`,
      `zone: geo.example\nns: ns.x.example\nrecords: [{ name: y, type: HTTPS, value: 1 . }, { name: x, type: SVCB, value: 1 . }, { name: x, type: HTTPS, value: 1 . }]`,
    ],
    [/^2\.yaml:3:\d+ error record-at-service-name records\[2\]/],
  ],
  [
    'JSON with a key twice',
    ['{\n  "service": "api",\n  "steer": [],\n  "steer": [],\n  "endpoints": { "a": { "a": "192.0.2.1" } }\n}'],
    [/^0\.yaml:4:3 error duplicate-key steer: /],
  ],
  ['JSON that is cut off', ['{\n  "service": "api",\n'], [/^0\.yaml:\d+:\d+ error yaml-syntax: /]],
  ['NUL', ['service: api\nsteer: "\0"'], [/^0\.yaml:2:9 error bad-character: .*NUL character \(U\+0000\)/]],
  ['an escape character', ['service: \x1b[0m'], [/^0\.yaml:1:10 error bad-character: .*control character U\+001B/]],
  [
    'half a surrogate pair',
    ['service: 😀\ud83d'],
    [/^0\.yaml:1:12 error bad-character: .*half a surrogate pair \(U\+D83D\)/],
  ],
  ['a bomb of brackets', ['['.repeat(100_000)], [/^0\.yaml:1:\d+ error too-deep/]],
  ['a bomb of dashes', ['- '.repeat(100_000)], [/^0\.yaml:1:\d+ error too-deep/]],
  ['a bomb of question marks', ['? '.repeat(100_000)], [/^0\.yaml:1:\d+ error too-deep/]],
  [
    'a staircase',
    [Array.from({ length: 500 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    [/^0\.yaml:\d+:\d+ error too-deep/],
  ],
  [
    'an anchor that is redefined',
    ['tenants:\n  a: &x { k: v }\n  b: &x { k: w }\n  c: { k: 5 }\n  d: *x\n  e: *y'],
    [/^0\.yaml:6:6 error bad-alias tenants\.e/],
  ],
  [
    'a problem below an alias is told where the anchor is',
    ['tenants:\n  a: &x { k: 5 }\n  b: *x'],
    [/^0\.yaml:2:14 error wrong-type tenants\.a\.k/, /^0\.yaml:2:14 error wrong-type tenants\.b\.k/],
  ],
  [
    'a merge key is a key like others',
    ['tenants:\n  a: &x { k: v }\n  b: { <<: *x }'],
    [/^0\.yaml:3:\d+ error bad-key tenants\.b|^0\.yaml:3:\d+ error wrong-type tenants\.b\["<<"\]/],
  ],
  ['an empty mapping', ['{}'], [/^0\.yaml:1:1 error empty-document/]],
  ['only a schema', ['$schema: x'], [/^0\.yaml:1:1 error empty-document/]],
]

for (const [what, texts, expected] of ERRORS) {
  test(`refused: ${what}`, () => {
    const found = problemsOf(...texts)
    assert.equal(found.length, expected.length, found.join('\n'))
    for (const [index, pattern] of expected.entries()) assert.match(found[index] ?? '', pattern)
  })
}

const SURPRISES: readonly (readonly [what: string, text: string])[] = [
  ['a byte order mark', `\uFEFF${SERVICE}`],
  ['carriage returns', SERVICE.replaceAll('\n', '\r\n')],
  ['a document marker and end', `---\n${SERVICE}...\n`],
  ['YAML 1.2 asked for', `%YAML 1.2\n---\n${SERVICE}`],
  [
    'JSON indented with tabs',
    '{\n\t"$schema": "x",\n\t"service": "api",\n\t"endpoints": { "a": { "a": "192.0.2.1" } },\n\t"steer": []\n}',
  ],
  ['another order of keys', 'service: api\nsteer: []\nttl: 1h\nendpoints: { a: { a: 192.0.2.1 } }'],
]

for (const [what, text] of SURPRISES) {
  test(`read: ${what}`, () => {
    const { set, problems } = loadDocuments([{ path: 'x', text }])
    assert.deepEqual(problems, [])
    assert.equal(set?.policies[0]?.service, 'api')
  })
}

test('columns are counted after a byte order mark', () => {
  assert.match(problemsOf('\uFEFFservce: api')[0] ?? '', /^0\.yaml:1:1 /)
})

test('no documents make an empty set', () => {
  assert.deepEqual(loadDocuments([]), {
    set: { policies: [], zones: [], sites: new Map(), tenants: new Map() },
    problems: [],
  })
})

test('limits: the last that is allowed and the first that is not', async (t) => {
  const endpoints = (count: number) =>
    Array.from({ length: count }, (_, index) => `  e${index}: { a: 192.0.2.1 }`).join('\n')
  const service = (count: number, steps: number) =>
    `service: api\nendpoints:\n${endpoints(count)}\nsteer: [${Array.from({ length: steps }, () => 'up').join(', ')}]\n`
  const padded = (octets: number) => `${SERVICE}#${'x'.repeat(octets - SERVICE.length - 1)}`
  const nested = (levels: number) => `tenants: ${'{ a: '.repeat(levels)}x${' }'.repeat(levels)}`
  const rows: readonly (readonly [what: string, texts: readonly string[], expected: RegExp | null])[] = [
    ['octets', [padded(MAX_DOCUMENT_BYTES)], null],
    [
      'octets',
      [padded(MAX_DOCUMENT_BYTES + 1)],
      /document-too-large: the document has 1048577 octets, the limit is 1048576/,
    ],
    [
      'octets, not characters',
      [`${padded(MAX_DOCUMENT_BYTES - 1)}é`],
      /document-too-large: the document has 1048577 octets/,
    ],
    ['endpoints', [service(MAX_ENDPOINTS, 0)], null],
    [
      'endpoints',
      [service(MAX_ENDPOINTS + 1, 0)],
      /0\.yaml:2:1 error too-many-endpoints endpoints: the service has 1001 endpoints — expected at most 1000/,
    ],
    ['steps', [service(1, MAX_STEPS)], null],
    [
      'steps',
      [service(1, MAX_STEPS + 1)],
      /0\.yaml:4:1 error too-many-steps steer: the policy has 65 steps — expected at most 64/,
    ],
    ['documents', Array.from({ length: MAX_DOCUMENTS }, (_, index) => `tenants: { t${index}: {} }`), null],
    [
      'documents',
      Array.from({ length: MAX_DOCUMENTS + 1 }, () => SERVICE),
      /too-many-documents: there are 20001 documents — expected at most 20000/,
    ],
    [
      'octets of all documents',
      new Array<string>(65).fill(padded(MAX_DOCUMENT_BYTES)),
      /too-much-text: the documents have 68\d{6} octets together — expected at most 67108864/,
    ],
    ['levels', [nested(31)], /wrong-type/],
    ['levels', [nested(32)], /too-deep/],
    [
      'conditions',
      [`${SERVICE.replace('[]', '')}  - up:\n    when: { any: [${'{ asn: 1 }, '.repeat(256)}] }`],
      /too-many-conditions steer\[0\]\.when: `when` has 257 conditions — expected at most 256/,
    ],
  ]
  for (const [what, texts, expected] of rows) {
    await t.test(`${what}: ${expected === null ? 'allowed' : 'refused'}`, () => {
      const found = problemsOf(...texts)
      if (expected === null) assert.deepEqual(found, [])
      else assert.match(found[0] ?? '', expected)
    })
  }
})

test('problems of one document are cut off, those of the others are not', () => {
  const many = `tenants: { ${Array.from({ length: 500 }, (_, index) => `t${index}: 5`).join(', ')} }`
  const found = loadDocuments([
    { path: 'a', text: many },
    { path: 'b', text: 'servce: x' },
  ]).problems
  assert.equal(found.filter(({ at }) => at.file === 'a').length, MAX_PROBLEMS + 1)
  assert.equal(found.filter(({ rule }) => rule === 'too-many-problems').length, 1)
  assert.equal(found.at(-1)?.at.file, 'b')
})

test('prototypes stay as they are', () => {
  problemsOf('{ "__proto__": { "polluted": 1 }, "constructor": { "prototype": { "polluted": 1 } } }')
  assert.equal(({} as Record<string, unknown>).polluted, undefined)
})

const bytes = (...parts: (string | number[])[]) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...new TextEncoder().encode(part)] : part)))

const DECODES: readonly (readonly [what: string, bytes: Uint8Array, expected: string | RegExp])[] = [
  ['text', bytes('service: é'), 'service: é'],
  ['nothing', bytes(), ''],
  ['a byte order mark', bytes([0xef, 0xbb, 0xbf], 'a: 1'), 'a: 1'],
  ['a replacement character that is really there', bytes('a: \uFFFD'), 'a: \uFFFD'],
  ['Latin 1', bytes('a: 1\nb: ', [0xe9]), /^p:2:4 error invalid-utf8: the document is not valid UTF-8/],
  ['after a replacement character that is there', bytes('\uFFFD ', [0xff]), /^p:1:3 /],
  ['half of a character at the end', bytes('a', [0xe2, 0x82]), /^p:1:2 /],
  ['an overlong form', bytes([0xc0, 0x80]), /^p:1:1 /],
  ['a surrogate', bytes([0xed, 0xa0, 0x80]), /^p:1:1 /],
  ['UTF-16', bytes([0xff, 0xfe, 0x61, 0x00]), /^p:1:1 error invalid-utf8/],
  [
    'too many octets',
    new Uint8Array(MAX_DOCUMENT_BYTES + 1),
    /^p:1:1 error document-too-large: the document has 1048577 octets/,
  ],
]

for (const [what, input, expected] of DECODES) {
  test(`decode: ${what}`, () => {
    const result = decodeDocument('p', input)
    if (typeof expected === 'string') assert.deepEqual(result, { path: 'p', text: expected })
    else assert.match('rule' in result ? formatProblem(result) : result.text, expected)
  })
}

test('a problem as a line', () => {
  const at = { file: 'policies/api.yaml', line: 12, column: 7 }
  const problem = {
    severity: 'error',
    rule: 'unknown-key',
    at,
    path: 'steer[2].nearest.withn',
    message: 'M',
    hint: 'did you mean `within`?',
  } as const
  assert.equal(
    formatProblem(problem),
    'policies/api.yaml:12:7 error unknown-key steer[2].nearest.withn: M — did you mean `within`?',
  )
  assert.equal(
    formatProblem({ ...problem, severity: 'warning', path: '', hint: null }),
    'policies/api.yaml:12:7 warning unknown-key: M',
  )
})
