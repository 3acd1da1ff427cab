import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createCookieJar, writeCookie } from '../../../src/dns/cookies.ts'
import { createResponder } from '../../../src/dns/respond.ts'
import type { Snapshot } from '../../../src/steering/snapshot.ts'
import { addressOf, dnsSnapshot, testResponder } from '../../helpers/dns-fixture.ts'
import { composeQuery, describeMessage } from '../../helpers/dns-message.ts'
import { makeSnapshot, TEST_NOW_MS } from '../../helpers/snapshot.ts'

const CLIENT = '5.5.1.1'
const NOW_SECONDS = Math.floor(TEST_NOW_MS / 1000)
const cookies = createCookieJar([Buffer.alloc(16, 7), Buffer.alloc(16, 8)])
const formerCookies = createCookieJar([Buffer.alloc(16, 8)])
const NSID = `option3=${Buffer.from('node-1').toString('hex')}`

/** The COOKIE option that a jar gives a client, so many seconds ago. */
function cookieOf(sent: string, { client = CLIENT, jar = cookies, agoSeconds = 0 } = {}): string {
  const out = Buffer.alloc(24)
  const { bytes } = addressOf(client)
  writeCookie(jar, Buffer.from(sent, 'hex'), 0, bytes, 0, bytes.length, NOW_SECONDS - agoSeconds, out, 0)
  return out.toString('hex')
}

const MINE = '0102030405060708'
const FRESH = cookieOf(MINE)
const YOUNG = cookieOf(MINE, { agoSeconds: 1800 })

interface Asked {
  readonly client?: string
  readonly idleSeconds?: number
}

const responder = (snapshot: Snapshot, nodeId: string | null, version: string | null = null) =>
  createResponder({
    current: () => snapshot,
    nowMs: () => TEST_NOW_MS,
    dice: () => 0,
    debug: [],
    nodeId,
    version,
    cookies,
    findAliasAddresses: () => null,
    onFailure: (error) => {
      throw error
    },
  })

const BIG_ZONE = `zone: big.example
soa: { rname: hostmaster.big.example }
ns: { ns1.big.example: [192.0.2.1] }
records:
  - { name: half, type: TXT, value: ${'h'.repeat(440)} }
  - { name: whole, type: TXT, value: ${'w'.repeat(1500)} }
`
const big = responder(makeSnapshot({ documents: { 'big.zone.yaml': BIG_ZONE } }), 'node-1')

const { respond, records } = testResponder({ cookies })
const withoutCookies = testResponder().respond

function askRaw(query: string, { client = CLIENT, idleSeconds }: Asked = {}, answerer = respond): Buffer {
  const { bytes, transport } = composeQuery(query)
  const out = new Uint8Array(65_535)
  const peer = { address: addressOf(client), transport, ...(idleSeconds === undefined ? {} : { idleSeconds }) }
  return Buffer.from(out.subarray(0, answerer(bytes, bytes.length, peer, out)))
}

const SOA = 'geo.example SOA'
const LONG_NAME = [...Array.from({ length: 3 }, () => 'a'.repeat(63)), 'b'.repeat(49), 'geo.example'].join('.')

/** Query → RCODE and what OPT says. */
const ROWS: readonly (readonly [what: string, query: string, asked: Asked, rcode: string, edns: string | null])[] = [
  ['a client cookie gets a server cookie', `${SOA} +opt=10:${MINE}`, {}, 'NOERROR', `udp=1232 option10=${FRESH}`],
  ['a good one is echoed as it came', `${SOA} +opt=10:${YOUNG}`, {}, 'NOERROR', `udp=1232 option10=${YOUNG}`],
  [
    'one older than half an hour is renewed',
    `${SOA} +opt=10:${cookieOf(MINE, { agoSeconds: 1801 })}`,
    {},
    'NOERROR',
    `udp=1232 option10=${FRESH}`,
  ],
  [
    'one of the former secret is renewed',
    `${SOA} +opt=10:${cookieOf(MINE, { jar: formerCookies })}`,
    {},
    'NOERROR',
    `udp=1232 option10=${FRESH}`,
  ],
  [
    'one of somebody else is replaced',
    `${SOA} +opt=10:${cookieOf(MINE, { client: '5.5.1.2' })}`,
    {},
    'NOERROR',
    `udp=1232 option10=${FRESH}`,
  ],
  [
    'one that is none of ours is replaced',
    `${SOA} +opt=10:${MINE}${'aa'.repeat(32)}`,
    {},
    'NOERROR',
    `udp=1232 option10=${FRESH}`,
  ],
  [
    'over IPv6',
    `${SOA} +opt=10:${MINE}`,
    { client: '2001:db8::1' },
    'NOERROR',
    `udp=1232 option10=${cookieOf(MINE, { client: '2001:db8::1' })}`,
  ],
  ['over TCP too', `${SOA} +opt=10:${MINE} +tcp`, {}, 'NOERROR', `udp=1232 option10=${FRESH}`],
  ['7873 §5.2.2: 7 octets', `${SOA} +opt=10:01020304050607`, {}, 'FORMERR', 'udp=1232'],
  ['7873 §5.2.2: 9 octets', `${SOA} +opt=10:${MINE}09`, {}, 'FORMERR', 'udp=1232'],
  ['7873 §5.2.2: 41 octets', `${SOA} +opt=10:${'01'.repeat(41)}`, {}, 'FORMERR', 'udp=1232'],
  ['7873 §5.2.2: none', `${SOA} +opt=10:`, {}, 'FORMERR', 'udp=1232'],
  ['7873 §5.2: only the first one counts', `${SOA} +opt=10:${MINE},10:01`, {}, 'NOERROR', `udp=1232 option10=${FRESH}`],
  ['7873 §5.2: even if it is malformed', `${SOA} +opt=10:01,10:${MINE}`, {}, 'FORMERR', 'udp=1232'],
  [
    'with an error: a client that uses cookies believes no answer without',
    `${SOA} +opt=10:${MINE} +ecs=00`,
    {},
    'FORMERR',
    `udp=1232 option10=${FRESH}`,
  ],
  ['with a refusal', `elsewhere.test A +opt=10:${MINE}`, {}, 'REFUSED', `udp=1232 ede=20 option10=${FRESH}`],
  ['with NOTIMP', `${SOA} +opcode=5 +opt=10:${MINE}`, {}, 'NOTIMP', `udp=1232 ede=21 option10=${FRESH}`],
  ['not with BADVERS: its options are unknown', `${SOA} +edns=1 +opt=10:${MINE}`, {}, 'BADVERS', 'udp=1232'],

  [
    '7873 §5.4: no question but a client cookie',
    `${SOA} +headeronly +opt=10:${MINE}`,
    {},
    'NOERROR',
    `udp=1232 option10=${FRESH}`,
  ],
  [
    '7873 §5.4: no question but a good cookie',
    `${SOA} +headeronly +opt=10:${YOUNG}`,
    {},
    'NOERROR',
    `udp=1232 option10=${YOUNG}`,
  ],
  [
    '7873 §5.4: no question but a bad cookie',
    `${SOA} +headeronly +opt=10:${MINE}${MINE}`,
    {},
    'BADCOOKIE',
    `udp=1232 option10=${FRESH}`,
  ],
  ['no question but a malformed cookie', `${SOA} +headeronly +opt=10:01`, {}, 'FORMERR', 'udp=1232'],
  ['no question and another option', `${SOA} +headeronly +opt=3:`, {}, 'FORMERR', `udp=1232 ${NSID}`],
  [
    'no question but octets behind the OPT',
    `${SOA} +headeronly +opt=10:${MINE} +tail=00`,
    {},
    'FORMERR',
    `udp=1232 option10=${FRESH}`,
  ],

  ['5001: the id when asked for', `${SOA} +opt=3:`, {}, 'NOERROR', `udp=1232 ${NSID}`],
  ['5001 §2.1: a payload says nothing', `${SOA} +opt=3:616263`, {}, 'NOERROR', `udp=1232 ${NSID}`],
  ['asked for twice, told once', `${SOA} +opt=3:,3:`, {}, 'NOERROR', `udp=1232 ${NSID}`],
  ['not asked for', `${SOA} +edns`, {}, 'NOERROR', 'udp=1232'],
  ['with a refusal too', 'elsewhere.test A +opt=3:', {}, 'REFUSED', `udp=1232 ede=20 ${NSID}`],

  ['7828: over TCP', `${SOA} +opt=11: +tcp`, { idleSeconds: 10 }, 'NOERROR', 'udp=1232 option11=0064'],
  ['7828: over TLS', `${SOA} +opt=11: +tls`, { idleSeconds: 10 }, 'NOERROR', 'udp=1232 option11=0064'],
  ['in tenths of a second', `${SOA} +opt=11: +tcp`, { idleSeconds: 2.55 }, 'NOERROR', 'udp=1232 option11=0019'],
  ['at most what 16 bits say', `${SOA} +opt=11: +tcp`, { idleSeconds: 9999 }, 'NOERROR', 'udp=1232 option11=ffff'],
  ['not unless the client sent it', `${SOA} +edns +tcp`, { idleSeconds: 10 }, 'NOERROR', 'udp=1232'],
  ['7828 §3.2.1: a time-out in a query', `${SOA} +opt=11:0064 +tcp`, { idleSeconds: 10 }, 'FORMERR', 'udp=1232'],
  ['7828 §3.3.1: ignored over UDP', `${SOA} +opt=11:`, {}, 'NOERROR', 'udp=1232'],
  ['7828 §3.3.1: whatever it says', `${SOA} +opt=11:0064`, {}, 'NOERROR', 'udp=1232'],
  ['HTTP keeps its own connections', `${SOA} +opt=11: +https`, {}, 'NOERROR', 'udp=1232'],

  [
    'the order of all options',
    `elsewhere.test A +opt=11:,3:,10:${MINE} +subnet=5.5.1.0/24 +tcp`,
    { idleSeconds: 10 },
    'REFUSED',
    `udp=1232 ecs=5.5.1.0/24/0 ede=20 option10=${FRESH} ${NSID} option11=0064`,
  ],
  ['DO goes back with them', `${SOA} +do +opt=3:,10:${MINE}`, {}, 'NOERROR', `udp=1232 do option10=${FRESH} ${NSID}`],
]
for (const [what, query, asked, rcode, edns] of ROWS) {
  test(`options: ${what} (${query.slice(0, 60)})`, () => {
    const described = describeMessage(askRaw(query, asked))
    assert.deepEqual({ rcode: described.rcode, edns: described.edns }, { rcode, edns })
    if (query.includes('+headeronly')) assert.equal(described.question, null)
  })
}

const OFF_ROWS: readonly (readonly [query: string, rcode: string])[] = [
  [`${SOA} +opt=10:${MINE}`, 'NOERROR'],
  [`${SOA} +opt=10:01`, 'NOERROR'],
  [`${SOA} +headeronly +opt=10:${MINE}`, 'FORMERR'],
]
for (const [query, rcode] of OFF_ROWS) {
  test(`cookies off: the option is like any that is not known (${query})`, () => {
    const described = describeMessage(askRaw(query, {}, withoutCookies))
    assert.deepEqual([described.rcode, described.edns], [rcode, 'udp=1232'])
  })
}

test('the state of cookies is recorded', () => {
  const states = (queries: readonly string[]) => {
    const from = records.length
    for (const query of queries) askRaw(query)
    return records.slice(from).map(({ cookie }) => cookie)
  }
  assert.deepEqual(
    states([
      SOA,
      `${SOA} +edns`,
      `${SOA} +opt=10:${MINE}`,
      `${SOA} +opt=10:${FRESH}`,
      `${SOA} +opt=10:${cookieOf(MINE, { agoSeconds: 3000 })}`,
      `${SOA} +opt=10:${MINE}${MINE}`,
      `${SOA} +opt=10:01`,
    ]),
    ['none', 'none', 'client', 'good', 'good', 'bad', 'bad'],
  )
})

test('8467 §4.1: padding to a multiple of 468 octets, on encrypted transports, when the query had some', () => {
  const lengthOf = (query: string): number => askRaw(query).length
  const plain = lengthOf(`${SOA} +edns +tls`)
  for (const [query, length] of [
    [`${SOA} +opt=12:0000 +tls`, 468],
    [`${SOA} +opt=12:,10:${MINE} +tls`, 468],
    [`${SOA} +opt=12: +https`, 468],
    [`${SOA} +opt=12:`, plain],
    [`${SOA} +opt=12: +tcp`, plain],
    [`no.${LONG_NAME.slice(3)} A +opt=12:,3: +tls`, 468],
    [`elsewhere.test A +opt=12: +tls`, 468],
    [`${SOA} +opt=12: +tsig=foo.key +tls`, 468],
  ] as const) {
    assert.equal(lengthOf(query), length, query)
  }
  assert.equal(askRaw('whole.big.example TXT +opt=12: +tls', {}, big).length, 468 * 4)
  assert.match(describeMessage(askRaw(`${SOA} +opt=12:,3: +tls`)).edns ?? '', /^udp=1232 option3=\w+ option12=(00)+$/)
})

test('padding ends where the message may not grow', () => {
  const { bytes } = composeQuery(`${SOA} +opt=12: +tls`)
  const peer = { address: addressOf(CLIENT), transport: 'tls' } as const
  for (let room = 512; room < 520; room++) {
    const out = new Uint8Array(room)
    const length = respond(bytes, bytes.length, peer, out)
    assert.equal(length, 468)
    describeMessage(out.subarray(0, length))
  }
})

test('options count towards the size: OPT is kept when the answer is not', () => {
  const query = 'half.big.example TXT +bufsize=512'
  assert.equal(describeMessage(askRaw(`${query} +edns`, {}, big)).flags, 'qr aa')
  const described = describeMessage(askRaw(`${query} +opt=10:${MINE},3: +subnet=5.5.1.0/24`, {}, big))
  assert.equal(described.flags, 'qr aa tc')
  assert.equal(described.edns, `udp=1232 ecs=5.5.1.0/24/0 option10=${FRESH} ${NSID}`)
})

test('each octet of options takes one from the records: no answer is longer than the client takes', () => {
  const flagsAt = (size: number): string => {
    const answer = askRaw(`half.big.example TXT +bufsize=${size} +opt=10:${MINE},3: +subnet=5.5.1.0/24`, {}, big)
    assert.ok(answer.length <= size, `${answer.length} octets for ${size}`)
    return describeMessage(answer).flags
  }
  const whole = askRaw(`half.big.example TXT +opt=10:${MINE},3: +subnet=5.5.1.0/24`, {}, big).length
  assert.deepEqual([flagsAt(whole - 1), flagsAt(whole)], ['qr aa tc', 'qr aa'])
})

test('the longest of all options: 512 octets do not hold the id of the server too', () => {
  const nodeId = 'n'.repeat(253)
  const long = responder(dnsSnapshot, nodeId)
  const query = (size: number) =>
    `${LONG_NAME.replace('geo.example', 'abc.example')} A +bufsize=${size} +opt=3:,10:${MINE} +ecs=00028000${'20'.repeat(16)}`
  const short = askRaw(query(512), {}, long)
  const { edns, rcode } = describeMessage(short)
  assert.ok(short.length <= 512)
  assert.equal(rcode, 'REFUSED')
  assert.doesNotMatch(edns ?? '', /option3=/)
  assert.match(edns ?? '', new RegExp(`ede=20 option10=${FRESH}$`))
  const { edns: whole } = describeMessage(askRaw(query(1232), {}, long))
  assert.match(whole ?? '', new RegExp(`option3=${Buffer.from(nodeId).toString('hex')}$`))
})

test('CHAOS: version and id are as configured, or names that are not ours; NSID goes with the id', () => {
  const told = (version: string | null, nodeId: string | null) => {
    const answerer = responder(dnsSnapshot, nodeId, version)
    const chaos = (name: string): string => {
      const { rcode, answer, edns } = describeMessage(askRaw(`${name} TXT CH +edns`, {}, answerer))
      return answer[0]?.split(' TXT ')[1] ?? `${rcode} ${edns?.split(' ')[1]}`
    }
    const names = ['version.bind', 'version.server', 'id.server', 'hostname.bind', 'HostName.BIND', 'authors.bind']
    const nsid = describeMessage(askRaw(`${SOA} +opt=3:`, {}, answerer)).edns
    return [...names.map(chaos), nsid]
  }
  const refused = 'REFUSED ede=20'
  assert.deepEqual(told('mine 1.0', 'node-1'), [
    '"mine 1.0"',
    '"mine 1.0"',
    '"node-1"',
    '"node-1"',
    '"node-1"',
    refused,
    `udp=1232 ${NSID}`,
  ])
  assert.deepEqual(told(null, null), [...new Array(6).fill(refused), 'udp=1232'])
})

const ORDER = ['udp', 'do', 'ecs', 'ede', 'option10', 'option3', 'option11', 'option12']
const anyOption = fc
  .record({ code: fc.constantFrom(3, 8, 10, 11, 12, 15, 100), value: fc.uint8Array({ maxLength: 41 }) })
  .map(({ code, value }) => `${code}:${Buffer.from(value).toString('hex')}`)
const anyClientCookie = fc.constantFrom(`10:${MINE}`, `10:${YOUNG}`, '8:0001180005050a', '3:', '11:', '12:')

test('whatever options come, on whatever transport: each known one at most once, in order, none of the others, within the size', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(anyOption, anyClientCookie), { maxLength: 8 }),
      fc.constantFrom('', '+tcp', '+tls', '+https'),
      fc.constantFrom('half.big.example TXT', 'whole.big.example TXT', 'big.example SOA', 'elsewhere.test A'),
      fc.integer({ min: 0, max: 4096 }),
      (options, transport, question, size) => {
        const query = `${question} +edns +bufsize=${size} ${options.length > 0 ? `+opt=${options.join(',')}` : ''} ${transport}`
        const answer = askRaw(query, { idleSeconds: 10 }, big)
        const limit = transport === '' ? Math.min(Math.max(size, 512), 1232) : 65_535
        assert.ok(answer.length <= limit, `${answer.length} octets, at most ${limit}`)
        const { edns } = describeMessage(answer)
        const places = (edns ?? '').split(' ').map((part) => ORDER.indexOf(part.split('=')[0] ?? ''))
        assert.ok(
          places.every((place, index) => place >= 0 && (index === 0 || place > (places[index - 1] ?? 0))),
          edns ?? 'no OPT',
        )
      },
    ),
    { numRuns: 2000 },
  )
})
