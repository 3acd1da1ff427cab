import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openMemoryStore } from '../../../src/state/memory/open-memory-store.ts'
import { GOOD_DOCUMENTS, nearcast } from '../../helpers/nearcast.ts'
import { nearcastHere } from '../../helpers/nearcast-here.ts'
import { makeFolders } from '../../helpers/node.ts'

const ENDPOINTS = `endpoints:
  virginia: { site: iad, a: [192.0.2.10], url: 'https://us.example', tags: [us] }
  frankfurt: { site: fra, a: [192.0.2.20], url: 'https://eu.example', tags: [eu] }
`

const DOCUMENTS = {
  ...GOOD_DOCUMENTS,
  'app.yaml': `service: app
names: { http: ['*.app.example', app.example] }
tenant: [host, { header: x-tenant }, path]
${ENDPOINTS}steer:
  - keep: { tag: us }
    when: { tenant.home: us }
  - nearest
`,
  'shop.yaml': `service: shop
names: { dns: [shop.geo.example] }
${ENDPOINTS}steer:
  - up
  - drop: { id: frankfurt }
    when: { percent: 5% }
  - nearest
  - take: 1
`,
  'many.yaml': `service: many
names: { dns: [many.geo.example] }
endpoints:
  a: { site: iad, a: [192.0.2.31] }
  b: { site: iad, a: [192.0.2.32] }
  c: { site: iad, a: [192.0.2.33] }
  d: { site: iad, a: [192.0.2.34] }
steer: [{ spread: { by: equal, sticky: network } }]
`,
  'tenants.yaml': 'tenants:\n  acme: { home: us }\n  globex: { home: eu }\n',
}

const FAILING = `${GOOD_DOCUMENTS['api.yaml']}tests:\n  - { from: DE, down: [frank*, virg*], expect: virginia }\n  - { from: US, expect: frankfurt }\n`

const ROWS: readonly (readonly [name: string, args: readonly string[], code: number, out: RegExp, err: RegExp])[] = [
  ['--down does not swallow the client', ['api', '--down', 'frankfurt', 'DE'], 0, /✗ frankfurt: down/, /^$/],
  ['--down with commas', ['api', '--down', 'frank*, virginia', 'DE'], 0, /✗ virginia: down\n.*✗ frankfurt: down/, /^$/],
  ['--down twice', ['api', '--down', 'frankfurt', 'DE', '--down', 'virginia'], 0, /✗ virginia: down/, /^$/],
  [
    '--down of nobody',
    ['api', '--down', 'frankfort', 'DE'],
    2,
    /^$/,
    /--down "frankfort" names no endpoint of api; did you mean `frankfurt`\?/,
  ],
  ['--down of nothing', ['api', '--down', '', 'DE'], 2, /^$/, /--down "" names no endpoint of api; known: /],
  [
    'a network that parts',
    ['api', '64.0.0.0/2'],
    0,
    /addresses {2}answer[\s\S]*such as \d[\s\S]*the largest part, such as/,
    /^$/,
  ],
  ['a network in one piece', ['api', '81.2.69.0/24'], 0, /^every client in \S+ is steered alike$/m, /^$/],
  [
    'a network as JSON',
    ['api', '64.0.0.0/2', '--json'],
    0,
    /"parts": \[\s*\{\s*"share": 0\.\d+,\s*"outcome": "steered"/,
    /^$/,
  ],
  [
    'the tenant is told by the host',
    ['app', '--host', 'acme.app.example', 'DE'],
    0,
    /tenant: acme\n[\s\S]*100\.0% {2}virginia/,
    /^$/,
  ],
  [
    'and by a header, from a trusted proxy',
    ['app', '--header', 'X-Tenant=acme', 'DE'],
    0,
    /tenant: acme\nx-tenant is taken as coming from a trusted proxy/,
    /^$/,
  ],
  ['and by the path', ['app', '--path', '/globex/x', 'DE'], 0, /tenant: globex\n[\s\S]*100\.0% {2}frankfurt/, /^$/],
  [
    'but not by the path of the discovery API',
    ['app', '--path', '/acme', '--front-end', 'discovery', 'DE'],
    0,
    /tenant: none/,
    /^$/,
  ],
  [
    '--tenant stands above',
    ['app', '--host', 'acme.app.example', '--tenant', 'globex', 'DE'],
    0,
    /tenant: globex\n\n/,
    /^$/,
  ],
  [
    '--tenant of nobody',
    ['app', '--tenant', 'acne', 'DE'],
    1,
    /^$/,
    /no tenant "acne" in the policies; did you mean `acme`\?/,
  ],
  ['the front end that knows the service', ['app', 'DE'], 0, /asked through redirect/, /^$/],
  [
    'a front end that does not',
    ['app', 'DE', '--front-end', 'dns'],
    0,
    /app has no name in DNS: nobody is answered/,
    /^$/,
  ],
  ['another', ['shop', 'DE', '--front-end', 'redirect'], 0, /shop has no name in the redirector/, /^$/],
  [
    'branches say whom they are about, and this client where it is',
    ['shop', '81.2.69.142'],
    0,
    /for 5% of the clients \(canary: not this client\):[\s\S]*for 95% of the clients \(not canary: this client is one of them\):[\s\S]*this client: frankfurt\n {2}all clients:\n/,
    /^$/,
  ],
  [
    'a country is on both sides',
    ['shop', 'DE'],
    0,
    /\(canary\):[\s\S]*\(not canary\):[\s\S]*handed out\n\nAnswer: .*\n +95\.0% {2}frankfurt/,
    /^$/,
  ],
  [
    'the second pass',
    ['shop', 'DE', '--down', '*'],
    0,
    /5% of the clients \(canary\):[\s\S]*\n {2}nothing was left: again without up and shed:/,
    /^$/,
  ],
  [
    'many answers',
    ['many', '81.2.69.142'],
    0,
    /this client: [abcd], then [^\n]*\n {2}all clients:\n(?: .*%.*\n){8} +… and 16 more$/m,
    /^$/,
  ],
]

for (const [name, args, code, out, err] of ROWS) {
  test(`nearcast explain: ${name}`, async (t) => {
    const run = await nearcastHere(['explain', ...args], await makeFolders(t, DOCUMENTS))
    assert.match(run.out, out)
    assert.match(run.err, err)
    assert.equal(run.code, code)
  })
}

test('a failing test names the command that shows why, with what it takes down, and that command works', async (t) => {
  const folders = await makeFolders(t, { ...GOOD_DOCUMENTS, 'api.yaml': FAILING })
  const { out } = await nearcast(['check'], folders)
  assert.match(out, /`nearcast explain api DE --down 'frank\*,virg\*'` says why/)
  assert.match(out, /`nearcast explain api US` says why/)
  for (const args of [
    ['explain', 'api', 'US'],
    ['share', 'api'],
  ]) {
    const run = await nearcast(args, folders)
    assert.equal(run.code, 0)
    assert.match(run.err, /test-failed[\s\S]*have 2 errors and would not come into force; this shows what they say/)
    assert.match(run.out, /virginia/)
  }
})

test('nearcast share: --down of nobody', async (t) => {
  const run = await nearcast(['share', 'api', '--down', 'tokyo'], await makeFolders(t, GOOD_DOCUMENTS))
  assert.match(run.err, /--down "tokyo" names no endpoint of api; known: `virginia`, `frankfurt`/)
  assert.equal(run.code, 2)
})

test('policies that make no set end the command', async (t) => {
  const folders = await makeFolders(t, { ...GOOD_DOCUMENTS, 'bad.yaml': 'service: bad\nsteer: [nearst]\n' })
  const run = await nearcast(['explain', 'api', 'DE'], folders)
  assert.match(run.err, /bad\.yaml:2:9 error[\s\S]*have \d errors$/m)
  assert.equal(run.out, '')
  assert.equal(run.code, 1)
})

test('a geo file that cannot be used is told of and left out', async (t) => {
  const folders = await makeFolders(t, GOOD_DOCUMENTS)
  const geoData = join(folders.state, 'none')
  await mkdir(geoData)
  await writeFile(join(geoData, 'city.mmdb'), 'no database')
  const run = await nearcast(['explain', 'api', '81.2.69.142'], folders)
  assert.match(run.err, /city\.mmdb.*This goes on without it\./)
  assert.match(run.out, /London/)
  assert.equal(run.code, 0)
})

test('a decision is explained with what holds now, and says so', async (t) => {
  const folders = await makeFolders(t, GOOD_DOCUMENTS)
  const store = await openMemoryStore({ directory: folders.state, nowMs: Date.now })
  const documents = Object.entries(GOOD_DOCUMENTS).map(([path, text]) => ({ path, text }))
  await store.commit(0, documents, { author: 'test', reason: '', atMs: 0 })
  await store.close()
  const id = 'api:1:d:1:0:0:0'
  const now = await nearcast(['explain', id], folders)
  assert.match(now.out, /^decision api:1:d:1:0:0:0: /)
  assert.match(now.out, /overrides and time are those of now: the answer that was given may have been another/)
  const json = JSON.parse((await nearcast(['explain', id, '--json'], folders)).out) as { notes: string[] }
  assert.match(json.notes.join(), /those of now/)
  const then = await nearcast(['explain', id, '--at', '2026-05-01T14:00Z'], folders)
  assert.match(then.out, /at 2026-05-01T14:00:00\.000Z/)
  assert.doesNotMatch(then.out, /those of now/)
})
