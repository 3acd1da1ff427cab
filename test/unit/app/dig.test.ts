import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type DigResult, dig } from '../../../src/app/dig.ts'
import { digClients, subnetText } from '../../../src/app/dig-clients.ts'
import { createOutsideNames } from '../../../src/app/dig-outside.ts'
import { createPredictor } from '../../../src/app/dig-predict.ts'
import { explainDecisionOf, whyOf } from '../../../src/app/dig-why.ts'
import { NO_BALANCERS } from '../../../src/dns/balancers.ts'
import { type AskTransport, askServer, createCookieJar } from '../../../src/dns/client/ask-server.ts'
import { createResponder, type Respond } from '../../../src/dns/respond.ts'
import { startDns } from '../../../src/dns/server.ts'
import { startTlsServer } from '../../../src/dns/tls-server.ts'
import { nameFromText } from '../../../src/dns/wire/name.ts'
import { typeFromText, typeToText } from '../../../src/dns/wire/type-names.ts'
import type { Snapshot } from '../../../src/steering/snapshot.ts'
import { FIRST_PAIR } from '../../helpers/certificates.ts'
import { fakeResolver } from '../../helpers/fake-resolver.ts'
import { fakeGeo } from '../../helpers/geo.ts'
import { makeSnapshot, override, TEST_NOW_MS } from '../../helpers/snapshot.ts'
import { certificateOf } from '../../helpers/swapped-certificate.ts'

const geo = fakeGeo([
  { cidr: '5.5.0.0/16', country: 'JP', lat: 35.7, lon: 139.7 },
  { cidr: '6.6.0.0/16', country: 'DE', lat: 50.1, lon: 8.7 },
  { cidr: '6.7.0.0/24', country: 'DE', lat: 53.5, lon: 10 },
  { cidr: '7.7.7.0/25', country: 'US', subdivision: 'VA', lat: 39, lon: -77.5 },
  { cidr: '2400::/16', country: 'JP', lat: 35.7, lon: 139.7 },
])

const documents = {
  'sites.yaml':
    'sites:\n  fra: { lat: 50.1, lon: 8.7, country: DE }\n  iad: { lat: 39, lon: -77.5, country: US }\n  nrt: { lat: 35.7, lon: 139.7, country: JP }\n',
  'zone.yaml': `zone: geo.example
soa: { rname: hostmaster.geo.example, minimum: 60s }
ns: { ns1.geo.example: [192.0.2.53], ns2.geo.example: [198.51.100.53] }
records:
  - { name: '@', type: MX, value: 10 mail.geo.example., ttl: 1h }
  - { name: mail, type: A, value: 192.0.2.25, ttl: 1h }
  - { name: www, type: CNAME, value: near.geo.example., ttl: 5m }
  - { name: child, type: NS, value: ns.child.geo.example. }
  - { name: ns.child, type: A, value: 192.0.2.99 }
  - { name: out, type: ALIAS, value: target.elsewhere.test., ttl: 1h }
  - { name: long, type: TXT, value: ${'x'.repeat(250)}, ttl: 1h }
${Array.from({ length: 6 }, (_, index) => `  - { name: long, type: TXT, value: '${String(index).repeat(240)}', ttl: 1h }\n`).join('')}`,
  'near.yaml': `service: near
names: { dns: [near.geo.example] }
endpoints:
  virginia: { site: iad, a: [192.0.2.10], aaaa: ['2001:db8::10'] }
  frankfurt: { site: fra, a: [192.0.2.20] }
steer:
  - keep: { id: frankfurt }
    when: { country: [JP] }
    hard: true
  - up
  - nearest
`,
  'split.yaml': `service: split
names: { dns: [split.geo.example] }
endpoints:
  a: { site: iad, a: [192.0.2.31], weight: 2 }
  b: { site: fra, a: [192.0.2.32] }
steer: [{ spread: { by: weight, sticky: none } }, { take: 1 }]
`,
  'sticky.yaml': `service: sticky
names: { dns: [sticky.geo.example] }
endpoints:
  a: { site: iad, a: [192.0.2.31], weight: 2 }
  b: { site: fra, a: [192.0.2.32] }
steer: [{ spread: { by: weight, sticky: network } }, { take: 1 }]
`,
  'twins.yaml': `service: twins
names: { dns: [twins.geo.example] }
endpoints:
  a: { site: iad, a: [192.0.2.31] }
  b: { site: fra, a: [192.0.2.31] }
steer: [{ spread: { by: equal, sticky: none } }, { take: 1 }]
`,
  'chain.yaml': `service: chain
names: { dns: [chain.geo.example] }
endpoints:
  left: { site: iad, hostname: split.geo.example }
  right: { site: fra, hostname: cdn.elsewhere.test }
steer: [{ spread: { by: equal, sticky: none } }, { take: 1 }]
`,
  'closed.yaml': `service: closed
names: { dns: [closed.geo.example] }
endpoints:
  a: { site: iad, a: [192.0.2.41] }
steer: [up]
onAllDown: failClosed
`,
  'last.yaml': `service: last
names: { dns: [last.geo.example] }
endpoints:
  a: { site: iad, a: [192.0.2.42] }
steer: [up]
onAllDown: lastResort
`,
}

const overrides = [override('closed/*', 'down'), override('last/*', 'down')]
const snapshot = makeSnapshot({ documents, geo, overrides })
/** The same but for one address, one TTL and one record. */
const other = makeSnapshot({
  documents: {
    ...documents,
    'near.yaml': documents['near.yaml']
      .replace('192.0.2.20', '192.0.2.21')
      .replace('endpoints:', 'ttl: 20s\nendpoints:'),
    'zone.yaml': documents['zone.yaml'].replace('192.0.2.25', '192.0.2.26').replace('name: www', 'name: web'),
  },
  geo,
  overrides,
})

const schedule = (task: () => void, delayMs: number): (() => void) => {
  const timer = setTimeout(task, delayMs)
  return () => clearTimeout(timer)
}

/** Deals 0, 1/3 and 2/3 in turn. */
function fairDice(): () => number {
  let thrown = 0
  return () => Math.floor(((thrown++ % 3) / 3) * 2 ** 32)
}

const responderOf = (served: Snapshot, debug: Parameters<typeof createResponder>[0]['debug'] = []): Respond =>
  createResponder({
    current: () => served,
    nowMs: () => TEST_NOW_MS,
    dice: fairDice(),
    debug,
    nodeId: 'node-1',
    findAliasAddresses: () => null,
    onFailure: (error) => {
      throw error
    },
  })

interface Asked {
  readonly server: { readonly address: string; readonly port: number } | null
  readonly count?: number
  readonly transport?: AskTransport
  readonly resolvers?: readonly { readonly address: string; readonly port: number }[]
}

/** `near.geo.example A MX from DE 6.6.1.0/24 none`. */
async function digFor(text: string, { server, count = 1, transport = 'udp', resolvers = [] }: Asked) {
  const [question = '', from = ''] = text.split(' from ')
  const [name = '', ...types] = question.split(' ')
  const clients = digClients(from === '' ? [] : from.split(' '), geo)
  assert.ok(typeof clients !== 'string', String(clients))
  const outside = createOutsideNames(resolvers, () => TEST_NOW_MS)
  return dig(
    {
      names: [nameFromText(name) ?? assert.fail(name)],
      types: types.map((type) => typeFromText(type) ?? assert.fail(type)),
      clients,
      askFor: from === '' ? 'whereSteered' : 'all',
    },
    {
      predictor: createPredictor({ snapshot, outside }),
      server,
      ask: { transport, nowMs: () => performance.now(), schedule },
      cookies: createCookieJar(fairDice()),
      nowMs: () => TEST_NOW_MS,
      count,
      serial: 'compared',
      dice: fairDice(),
    },
  )
}

async function serve(t: TestContext, respond: Respond) {
  const server = await startDns({ host: '127.0.0.1', port: 0, respond, schedule })
  t.after(() => server.close())
  return { address: '127.0.0.1', port: server.port }
}

async function serveTls(t: TestContext, respond: Respond) {
  const certificate = certificateOf(FIRST_PAIR)
  const options = { host: '127.0.0.1', port: 0, respond, schedule, balancers: NO_BALANCERS, certificate }
  const server = await startTlsServer(options)
  t.after(() => server.close())
  return { address: '127.0.0.1', port: server.port }
}

/** `same`, `oneOf 2`, `different: TTL 20 instead of 30`. */
function verdictText({ verdict }: DigResult): string {
  if ('differences' in verdict) {
    const texts = verdict.differences.map(
      (it) => `${it.part} ${it.found || 'none'} instead of ${it.expected || 'none'}`,
    )
    return `${verdict.kind}: ${texts.join('; ')}`
  }
  return verdict.kind === 'oneOf' ? `oneOf ${verdict.count}` : verdict.kind
}

const rows: readonly [question: string, verdicts: readonly string[]][] = [
  ['near.geo.example A AAAA from DE US-VA none 2400:1::/48', Array(8).fill('same')],
  ['split.geo.example A from DE none', ['oneOf 2', 'oneOf 2']],
  ['sticky.geo.example A from DE JP 6.7.0.0/24', ['same', 'same', 'same']],
  ['twins.geo.example A from DE', ['same']],
  ['chain.geo.example A from none', ['oneOf 3']],
  ['closed.geo.example A from DE', ['same']],
  ['last.geo.example A from DE', ['same']],
  ['mail.geo.example A AAAA from none', ['same', 'same']],
  ['www.geo.example A from JP', ['same']],
  ['nope.geo.example A from none', ['same']],
  ['a.child.geo.example A from none', ['same']],
  ['long.geo.example TXT from none', ['same']],
  ['elsewhere.test A from none', ['same']],
  ['geo.example SOA NS MX ANY AXFR TYPE65280 from none', Array(6).fill('same')],
]
for (const [question, verdicts] of rows) {
  test(`as predicted: ${question}`, async (t) => {
    const server = await serve(t, responderOf(snapshot))
    const overTls = await serveTls(t, responderOf(snapshot))
    for (const transport of ['udp', 'tcp', 'tls'] as const) {
      const results = await digFor(question, { server: transport === 'tls' ? overTls : server, transport })
      assert.deepEqual(results.map(verdictText), verdicts, transport)
    }
  })
}

const differentRows: readonly [question: string, verdicts: readonly string[]][] = [
  [
    'near.geo.example A from DE',
    ['different: answer near.geo.example. A 192.0.2.21 instead of near.geo.example. A 192.0.2.20'],
  ],
  ['near.geo.example A from US-VA', ['different: TTL 20 instead of 30']],
  ['near.geo.example AAAA from DE', ['different: TTL 20 instead of 30']],
  ['www.geo.example A from none', [/^different: RCODE NXDOMAIN instead of NOERROR; answer none instead of /.source]],
  [
    'mail.geo.example A from none',
    ['different: answer mail.geo.example. A 192.0.2.26 instead of mail.geo.example. A 192.0.2.25'],
  ],
  ['geo.example MX from none', [/^different: additional section mail.geo.example. A 192.0.2.26 instead of /.source]],
  ['nope.geo.example A from none', ['same']],
]
for (const [question, verdicts] of differentRows) {
  test(`another set is served: ${question}`, async (t) => {
    const results = await digFor(question, { server: await serve(t, responderOf(other)) })
    for (const [index, verdict] of verdicts.entries()) {
      const found = verdictText(results[index] as DigResult)
      if (verdict.startsWith('^')) assert.match(found, new RegExp(verdict))
      else assert.equal(found, verdict)
    }
  })
}

test('a split is predicted by the weights, measured by counting, and the two stand together', async (t) => {
  const server = await serve(t, responderOf(snapshot))
  const [result] = await digFor('split.geo.example A from none', { server, count: 30 })
  const { prediction, measured, milliseconds } = result as DigResult
  assert.deepEqual(
    prediction.possible.map(({ endpoints }) => endpoints),
    [['a'], ['b']],
  )
  assert.ok(prediction.possible.every(({ share }, index) => Math.abs(share - (index === 0 ? 2 / 3 : 1 / 3)) < 0.01))
  assert.equal(
    measured.reduce((sum, { count }) => sum + count, 0),
    30,
  )
  assert.deepEqual(measured.map(({ possible }) => possible).sort(), [0, 1])
  assert.ok((milliseconds ?? 0) > 0)
})

test('a chain of services: every way that the dice may fall, with its share', async () => {
  const [result] = await digFor('chain.geo.example A from none', { server: null })
  const { possible, isComplete } = (result as DigResult).prediction
  const shares = Object.fromEntries(
    possible.map(({ endpoints, share }) => [endpoints.join(), Number(share.toFixed(1))]),
  )
  assert.deepEqual(shares, { right: 0.5, 'left → a': 0.3, 'left → b': 0.2 })
  assert.ok(isComplete)
})

test('endpoints that the wire cannot tell apart are one answer', async () => {
  const [result] = await digFor('twins.geo.example A from none', { server: null })
  const [only, ...rest] = (result as DigResult).prediction.possible
  assert.deepEqual([only?.endpoints.toSorted(), rest], [['a', 'b'], []])
  assert.ok(Math.abs((only?.share ?? 0) - 1) < 1e-9)
})

const whyRows: readonly [question: string, why: readonly string[]][] = [
  ['near.geo.example A from DE', ['nearest, 17 km']],
  ['near.geo.example A from JP', ['keep id frankfurt']],
  ['last.geo.example A from DE', ['all down: last resort']],
  ['closed.geo.example A from DE', ['not up: a', 'all down: fail closed']],
  ['split.geo.example A from DE', ['spread by weight']],
]
for (const [question, why] of whyRows) {
  test(`why: ${question}`, async () => {
    const [result] = await digFor(question, { server: null })
    const decision = (result as DigResult).prediction.possible[0]?.decisions[0] ?? assert.fail('no decision')
    assert.deepEqual(whyOf(explainDecisionOf(decision, snapshot, 'x', TEST_NOW_MS), decision.slot), why)
  })
}

test('without types: A, AAAA and what the name has; zone data is asked for two clients, a service for all', async () => {
  const asked = async (name: string) => {
    const results = await digFor(name, { server: null })
    const types = Map.groupBy(results, ({ type }) => typeToText(type))
    return [...types].map(([type, { length }]) => `${type} ${length}`).join(' ')
  }
  assert.equal(await asked('geo.example'), 'A 2 AAAA 2 SOA 2 NS 2 MX 2')
  assert.equal(await asked('near.geo.example'), 'A 4 AAAA 4')
  assert.equal(await asked('www.geo.example'), 'A 4 AAAA 4')
  assert.equal(await asked('nope.geo.example'), 'A 2 AAAA 2')
})

test('a node with dns.debug tells its decision, which is no difference', async (t) => {
  const loopback = { family: 4, bytes: Uint8Array.of(127, 0, 0, 0), length: 8 } as const
  const server = await serve(t, responderOf(snapshot, [loopback]))
  const [steered, closed] = [
    ...(await digFor('near.geo.example A from DE', { server })),
    ...(await digFor('closed.geo.example A from DE', { server })),
  ]
  assert.equal(verdictText(steered as DigResult), 'same')
  assert.match(steered?.toldDecision ?? '', /^near:1:d:/)
  // The id takes the place of the error's own text, not of its code.
  assert.match(verdictText(closed as DigResult), /^same$/)
})

test('names outside our zones: asked at the resolvers; other addresses are no difference, but unsure', async (t) => {
  const resolver = await fakeResolver(({ type }) => ({
    answers: type === 'A' ? [{ name: 'target.elsewhere.test', type: 1, class: 1, ttl: 17, address: '192.0.2.77' }] : [],
  }))
  t.after(() => resolver.close())
  const server = await serve(t, responderOf(snapshot))
  const [result] = await digFor('out.geo.example A from none', { server, resolvers: [resolver.server] })
  const { prediction, verdict } = result as DigResult
  assert.deepEqual(prediction.outside, ['target.elsewhere.test'])
  assert.deepEqual([...(prediction.possible[0]?.response.answer[0]?.data ?? [])], [192, 0, 2, 77])
  assert.equal(verdict.kind, 'unsure')
})

test('nobody listens, nobody answers, nonsense comes back', async () => {
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const port = (free.address() as { port: number }).port
  await new Promise((resolve) => free.close(resolve))
  const address = '127.0.0.1'
  const gone = await digFor('near.geo.example A from DE', { server: { address, port } })
  assert.deepEqual(gone[0]?.verdict, { kind: 'noAnswer', message: 'nothing listens there' })

  const replies: readonly ((query: Buffer) => Buffer)[] = [
    (query) => query.subarray(0, 12),
    (query) => Buffer.from([...query.subarray(0, 2), 0x80, 0, ...query.subarray(4)]).fill(0xff, 6, 8),
    (query) => Buffer.from([...query.subarray(0, 2), 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
  ]
  for (const reply of replies) {
    const socket = createSocket('udp4')
    // Datagrams of one octet, and with another id, are passed over.
    socket.on('message', (query, { port: to }) => {
      socket.send(Buffer.of(1), to)
      socket.send(Buffer.from(query).fill(0xee, 0, 2), to)
      socket.send(reply(query), to)
    })
    socket.bind(0, address)
    await once(socket, 'listening')
    const [result] = await digFor('near.geo.example A from DE', { server: { address, port: socket.address().port } })
    socket.close()
    assert.equal(result?.verdict.kind, 'noAnswer')
    assert.equal(result?.failures[0]?.kind, 'malformed')
  }
})

test('who wants a cookie gets one: BADCOOKIE is asked again with what came, and so are those behind it', async () => {
  const [client, server] = [Buffer.alloc(8, 0xc1), Buffer.alloc(16, 0x5e)]
  const seen: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, { port }) => {
    const cookie = query.subarray(query.indexOf(client))
    seen.push(cookie.toString('hex'))
    const rcode = cookie.length === 8 ? [3, 7, 1] : [0, 0, 0]
    const option = Buffer.concat([Buffer.of(0, 10, 0, 24), client, server])
    const question = query.subarray(12, query.indexOf(Buffer.of(0, 1, 0, 1)) + 4)
    const opt = Buffer.of(0, 0, 41, 4, 208, rcode[2] ?? 0, 0, 0, 0, 0, option.length)
    const header = Buffer.concat([query.subarray(0, 2), Buffer.of(0x84, rcode[1] ?? 0, 0, 1, 0, 0, 0, 0, 0, 1)])
    socket.send(Buffer.concat([header, question, opt, option]), port)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const jar = createCookieJar(() => 0xc1)
  const asking = { id: 1, name: nameFromText('near.geo.example') ?? assert.fail(), type: 1, subnet: null }
  const options = { transport: 'udp', nowMs: () => performance.now(), schedule } as const
  const address = { address: '127.0.0.1', port: socket.address().port }
  for (const _ of [1, 2]) {
    const asked = await askServer(address, asking, jar, options)
    assert.equal(asked.kind === 'answer' && asked.response.rcode, 0)
  }
  socket.close()
  const both = Buffer.concat([client, server]).toString('hex')
  assert.deepEqual(seen, [client.toString('hex'), both, both])
})

const clientRows: readonly [text: string, found: string | RegExp][] = [
  ['none', 'no subnet'],
  ['6.6.1.0/24', '6.6.1.0/24'],
  ['6.6.1.1', '6.6.1.1'],
  ['2001:db8::/48', '2001:db8::/48'],
  ['DE', '6.6.0.0/24'],
  ['de', '6.6.0.0/24'],
  ['US-VA', '7.7.7.0/25'],
  ['world', '6.6.0.0/24 5.5.0.0/24 7.7.7.0/25'],
  ['FR', /knows no network there/],
  ['US-CA', /knows no network there/],
  ['XX', /names no country/],
  ['6.6.1.1/24', /the network is 6\.6\.1\.0\/24/],
  ['frankfurt', /is neither an address/],
  ['', /is neither an address/],
]
for (const [text, expected] of clientRows) {
  test(`client: "${text}"`, () => {
    const found = digClients([text], geo)
    const shown = typeof found === 'string' ? found : found.map(subnetText).join(' ')
    if (typeof expected === 'string') assert.equal(shown, expected)
    else assert.match(shown, expected)
  })
}
