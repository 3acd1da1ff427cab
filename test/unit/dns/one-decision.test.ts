import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createResponder } from '../../../src/dns/respond.ts'
import { addressOf } from '../../helpers/dns-fixture.ts'
import { composeQuery, type DescribedMessage, describeMessage } from '../../helpers/dns-message.ts'
import { draws } from '../../helpers/draws.ts'
import { completeFixture } from '../../helpers/fastpath.ts'
import { steeredSnapshot, TOMORROW_MS } from '../../helpers/fastpath-snapshots.ts'
import { makeSnapshot, TEST_NOW_MS } from '../../helpers/snapshot.ts'

/** What is answered, and how often a die was thrown for it. */
interface Answered extends DescribedMessage {
  readonly draws: number
}

function answering(documents: Readonly<Record<string, string>>, nowMs = TEST_NOW_MS) {
  const snapshot = makeSnapshot({ documents, nowMs })
  const state = { draws: 0, next: 0 }
  const respond = createResponder({
    current: () => snapshot,
    nowMs: () => nowMs,
    dice: () => {
      state.draws++
      state.next = (Math.imul(state.next, 0x19660d) + 0x3c6ef35f) >>> 0
      return state.next
    },
    debug: [],
    nodeId: '',
    findAliasAddresses: () => null,
    onFailure: (error) => {
      throw error
    },
  })
  const out = new Uint8Array(65_535)
  return (query: string): Answered => {
    const { bytes } = composeQuery(query)
    state.draws = 0
    const length = respond(bytes, bytes.length, { address: addressOf('5.5.1.1'), transport: 'tcp' }, out)
    return { ...describeMessage(out.subarray(0, length)), draws: state.draws }
  }
}

const zone = (records: readonly string[]): string =>
  `zone: geo.example\nns: { ns1.geo.example: [192.0.2.53] }\nrecords:\n${records.map((record) => `  - { ${record} }\n`).join('')}`

const dealt = (name: string, more = ''): string => `service: ${name}
names: { dns: [${name}.geo.example] }
ttl: 30s
${more}endpoints:
  one: { a: [192.0.2.1], aaaa: ['2001:db8::1'] }
  two: { a: [192.0.2.2], aaaa: ['2001:db8::2'] }
  three: { a: [192.0.2.3], aaaa: ['2001:db8::3'] }
steer:
  - spread: { by: equal, sticky: none }
`

/** The last digit of each address of an answer: that of its endpoint. */
const endpointsIn = ({ answer, additional }: DescribedMessage): readonly string[] => {
  const addresses = [...answer, ...additional].join(' ').match(/(192\.0\.2\.|2001:db8::)(\d)/g) ?? []
  return [...new Set(addresses.map((address) => address.slice(-1)))]
}

test('hints and additional addresses are of one draw', () => {
  const ask = answering({
    'zone.yaml': zone([
      "name: '@', type: HTTPS, value: 0 web, ttl: 5m",
      "name: bound, type: HTTPS, value: '1 web alpn=h2 ipv4hint=auto ipv6hint=auto', ttl: 5m",
      'name: www, type: CNAME, value: web, ttl: 5m',
    ]),
    'web.yaml': dealt('web', 'https: true\n'),
  })
  const seen = new Set<string>()
  for (let i = 0; i < 60; i++) {
    for (const name of ['geo.example', 'bound.geo.example', 'www.geo.example', 'web.geo.example']) {
      const answered = ask(`${name} HTTPS`)
      const endpoints = endpointsIn(answered)
      assert.equal(endpoints.length, 1, answered.answer.join())
      assert.equal(answered.draws, 1, name)
      seen.add(endpoints.join())
    }
  }
  assert.deepEqual([...seen].sort(), ['1', '2', '3'])
})

test('HTTPS says what A and AAAA say to the same client, as widely and for as long', () => {
  const die = draws(11)
  const moment = { nowMs: TEST_NOW_MS, die: 0 }
  const respond = completeFixture(
    steeredSnapshot,
    () => moment.nowMs,
    () => moment.die,
  )
  const out = new Uint8Array(65_535)
  const ask = (query: string): DescribedMessage => {
    const { bytes } = composeQuery(query)
    const peer = { address: addressOf('6.6.1.1'), transport: 'tcp' } as const
    return describeMessage(out.subarray(0, respond(bytes, bytes.length, peer, out)))
  }
  const hintsOf = (answer: readonly string[], key: string): string =>
    answer.map((line) => new RegExp(` HTTPS 1 \\. .*${key}=(\\S+)`).exec(line)?.[1] ?? '').join('')
  const addressesOf = ({ answer }: DescribedMessage): string => answer.map((line) => line.split(' ').at(-1)).join()
  for (let i = 0; i < 400; i++) {
    moment.die = die()
    moment.nowMs = [TEST_NOW_MS, TOMORROW_MS - 25_500, TOMORROW_MS - 1][die() % 3] as number
    const name = ['pair', 'https', 'x.https', 'lacking', 'hours'][die() % 5]
    const subnet = ['5.5.0.0/16', '6.6.7.0/24', '6.6.0.0/20', '8.8.8.0/24', '10.0.0.0/8', '2400::/32'][die() % 6]
    const [a, aaaa, https] = ['A', 'AAAA', 'HTTPS'].map((type) =>
      ask(`${name}.geo.example ${type} +subnet=${subnet}`),
    ) as [DescribedMessage, DescribedMessage, DescribedMessage]
    assert.equal(hintsOf(https.answer, 'ipv4hint'), addressesOf(a))
    assert.equal(hintsOf(https.answer, 'ipv6hint'), addressesOf(aaaa))
    assert.deepEqual(https.additional, [...a.answer, ...aaaa.answer])
    assert.equal(https.edns, a.edns)
    assert.equal(https.answer[0]?.split(' ')[1], a.answer[0]?.split(' ')[1])
  }
})

test('many services in one answer: a bounded number of decisions, and the answer stands', () => {
  const services = Array.from({ length: 80 }, (_, index) => `s${index}`)
  const documents = Object.fromEntries(services.map((name) => [`${name}.yaml`, dealt(name)]))
  const records = services.map(
    (name, index) => `name: all, type: HTTPS, value: '${index + 1} ${name} alpn=h2 ipv4hint=auto', ttl: 5m`,
  )
  const { rcode, answer, draws } = answering({ ...documents, 'zone.yaml': zone(records) })('all.geo.example HTTPS')
  assert.equal(rcode, 'NOERROR')
  assert.equal(answer.length, 80)
  assert.ok(draws > 1 && draws <= 64, `${draws} draws`)
})

test('a chain of names ends after sixteen', () => {
  const records = Array.from({ length: 20 }, (_, i) => `name: c${i}, type: CNAME, value: c${i + 1}, ttl: 5m`)
  const ask = answering({ 'zone.yaml': zone([...records, 'name: c20, type: A, value: 192.0.2.1']) })
  const whole = ask('c5.geo.example A')
  assert.equal(whole.answer.at(-1), 'c20.geo.example. 3600 A 192.0.2.1')
  const cut = ask('c0.geo.example A')
  assert.equal(cut.rcode, 'NOERROR')
  assert.deepEqual([cut.answer.length, cut.answer.at(-1)], [16, 'c15.geo.example. 300 CNAME c16.geo.example.'])
  assert.deepEqual([cut.authority, cut.additional], [[], []])
})

test('2181 §8, 2308 §5: no TTL outlives a time window, and no denial the answer that it denies', () => {
  const edgeMs = TEST_NOW_MS + 9 * 3_600_000
  const windowed = `service: web
names: { dns: [web.geo.example] }
ttl: 30s
https: true
endpoints:
  day: { a: [192.0.2.1] }
  night: { hostname: night.other.example }
steer:
  - keep: { id: day }
    when: { time: { from: '18:00', to: '09:00', zone: UTC } }
  - keep: { id: night }
    when: { time: { from: '09:00', to: '18:00', zone: UTC } }
`
  const documents = { 'zone.yaml': zone(['name: other, type: A, value: 192.0.2.9']), 'web.yaml': windowed }
  for (const [beforeMs, ttl] of [
    [3_600_000, 30],
    [29_999, 29],
    [7_000, 7],
    [1, 1],
  ] as const) {
    const ask = answering(documents, edgeMs - beforeMs)
    const ttlsOf = (query: string) => {
      const { answer, authority, additional } = ask(query)
      return [...answer, ...authority, ...additional].map((line) => Number(line.split(' ')[1]))
    }
    assert.deepEqual(ttlsOf('web.geo.example A'), [ttl])
    assert.deepEqual(ttlsOf('web.geo.example AAAA'), [ttl])
    assert.deepEqual(ttlsOf('web.geo.example HTTPS'), [ttl, ttl])
    // A CNAME for every type is near.
    assert.deepEqual(ttlsOf('web.geo.example TXT'), [ttl])
  }
})
