import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Packet } from 'dns2'
import { createResponder, type Peer } from '../../../src/dns/respond.ts'
import { formatAddress, parsePrefix } from '../../../src/domain/address.ts'
import { addressOf, dnsSnapshot, testResponder } from '../../helpers/dns-fixture.ts'
import { composeQuery, describeMessage } from '../../helpers/dns-message.ts'
import { makeSnapshot, TEST_NOW_MS } from '../../helpers/snapshot.ts'

const udp = (client: string): Peer => ({ address: addressOf(client), transport: 'udp' })
const out = new Uint8Array(65_535)

const prefix = (text: string) => {
  const parsed = parsePrefix(text)
  if (!parsed.ok) throw new Error(text)
  return parsed.prefix
}

function ask(respond: ReturnType<typeof createResponder>, query: string, client: string): Buffer {
  const { bytes, transport } = composeQuery(query)
  return Buffer.from(out.subarray(0, respond(bytes, bytes.length, { ...udp(client), transport }, out)))
}

test('debug answers: the decision id goes with steered answers, to the networks named and nobody else', () => {
  const { respond } = testResponder({ debug: [prefix('5.5.0.0/16')] })
  const debugged = describeMessage(ask(respond, 'api.geo.example A +edns', '5.5.1.1'))
  assert.match(debugged.edns ?? '', /^udp=1232 ede=0:api:1:d:[0-9a-z:]+$/)
  const mapped = describeMessage(ask(respond, 'api.geo.example A +edns', '::ffff:5.5.1.1'))
  assert.match(mapped.edns ?? '', /ede=0:api:1:d:/)
  const closed = describeMessage(ask(respond, 'closed.geo.example A +edns', '5.5.1.1'))
  assert.match(closed.edns ?? '', /^udp=1232 ede=23:closed:1:d:/)
  for (const [query, client] of [
    ['api.geo.example A +edns', '6.6.1.1'],
    ['geo.example SOA +edns', '5.5.1.1'],
  ] as const) {
    assert.equal(describeMessage(ask(respond, query, client)).edns, 'udp=1232', query)
  }
  assert.equal(describeMessage(ask(respond, 'api.geo.example A', '5.5.1.1')).edns, null)
})

test('debug answers: TXT at _nearcast.<service name> tells id, endpoint and reasons, for the ECS client', () => {
  const { respond } = testResponder({ debug: [prefix('5.5.0.0/16')] })
  const { answer, flags, edns } = describeMessage(
    ask(respond, '_nearcast.Api.geo.example TXT +subnet=6.6.1.0/24 +tcp', '5.5.1.1'),
  )
  assert.equal(flags, 'qr aa')
  assert.match(edns ?? '', /ecs=6\.6\.1\.0\/24\/22/)
  const lines = answer.map((line) => /^_nearcast\.Api\.geo\.example\. 0 TXT "(.*)"$/.exec(line)?.[1] ?? line)
  assert.match(lines[0] ?? '', /^id=api:1:d:/)
  assert.deepEqual(lines.slice(1, 6), [
    'endpoint=frankfurt',
    'outcome=steered',
    'ranked=frankfurt virginia tokyo',
    'location=DE (city)',
    'scope=22 ttl=30',
  ])
})

test('debug answers: a wildcard service has one too, a name without a service has not', () => {
  const { respond } = testResponder({ debug: [prefix('0.0.0.0/0')] })
  const wildcard = describeMessage(ask(respond, '_nearcast.any.tenant.geo.example TXT +tcp', '5.5.1.1'))
  assert.match(wildcard.answer[1] ?? '', /"endpoint=tokyo"/)
  assert.equal(describeMessage(ask(respond, '_nearcast.mail.geo.example TXT', '5.5.1.1')).rcode, 'NXDOMAIN')
  assert.equal(describeMessage(ask(respond, '_nearcast.api.geo.example A', '5.5.1.1')).rcode, 'NXDOMAIN')
  const reasons = describeMessage(ask(respond, '_nearcast.closed.geo.example TXT +tcp', '5.5.1.1')).answer
  assert.ok(
    reasons.some((line) => line.endsWith('TXT "not gone: disabled in the policy"')),
    reasons.join('\n'),
  )
})

test('each answer is recorded once; silence is not', () => {
  const { respond, records } = testResponder()
  ask(respond, 'api.geo.example A +subnet=6.6.1.0/24', '5.5.1.1')
  ask(respond, 'www.geo.example AAAA +tcp', '5.5.1.1')
  ask(respond, 'no.geo.example A +ecs=00010000', '5.5.1.1')
  ask(respond, 'closed.geo.example A', '5.5.1.1')
  ask(respond, 'geo.example SOA +edns=1', '5.5.1.1')
  ask(respond, 'geo.example SOA +qr', '5.5.1.1')
  const rest = {
    transport: 'udp',
    service: null,
    endpoint: null,
    outcome: null,
    ecsPrefixLength: null,
    cookie: 'none',
  } as const
  assert.deepEqual(records, [
    { ...rest, rcode: 0, service: 'api', endpoint: 'frankfurt', outcome: 'steered', ecsPrefixLength: 24 },
    { ...rest, rcode: 0, service: 'api', endpoint: 'tokyo', outcome: 'steered', transport: 'tcp' },
    { ...rest, rcode: 3, ecsPrefixLength: 0 },
    { ...rest, rcode: 0, service: 'closed', outcome: 'failClosed' },
    { ...rest, rcode: 16 },
  ])
})

test('a fault of ours is SERVFAIL with ID, opcode and RD, and is reported', () => {
  const failures: unknown[] = []
  const respond = createResponder({
    current: () => {
      throw new Error('no snapshot')
    },
    nowMs: () => TEST_NOW_MS,
    dice: () => 0,
    debug: [],
    nodeId: '',
    findAliasAddresses: () => null,
    onFailure: (error) => failures.push(error),
  })
  const said = ask(respond, 'geo.example SOA +rd +cd', '5.5.1.1')
  assert.equal(said.toString('hex'), '123481020000000000000000')
  assert.equal(ask(respond, 'geo.example SOA +qr', '5.5.1.1').length, 0)
  assert.equal(failures.length, 1)
})

test('an SOA without a serial has the number of the revision; a new revision is seen at once', () => {
  const zones = dnsSnapshot.set.zones.map((zone) => ({ ...zone, soa: { ...zone.soa, serial: null } }))
  const set = { ...dnsSnapshot.set, zones }
  let snapshot = { ...dnsSnapshot, set, revision: { ...dnsSnapshot.revision, number: 41 } }
  const respond = createResponder({
    current: () => snapshot,
    nowMs: () => TEST_NOW_MS,
    dice: () => 0,
    debug: [],
    nodeId: '',
    findAliasAddresses: () => null,
    onFailure: (error) => {
      throw error
    },
  })
  const serial = () => describeMessage(ask(respond, 'geo.example SOA', '5.5.1.1')).answer[0]?.split(' ')[5]
  assert.equal(serial(), '41')
  snapshot = { ...snapshot, revision: { ...snapshot.revision, number: 42 } }
  assert.equal(serial(), '42')
})

test('the answers to all clients, read by another parser, are the same', () => {
  const { respond } = testResponder()
  for (const query of [
    'api.geo.example A',
    'pair.geo.example A',
    'www.geo.example A',
    'geo.example MX',
    'c1.geo.example A',
  ]) {
    const bytes = ask(respond, query, '6.6.1.1')
    const parsed = Packet.parse(bytes)
    const ours = describeMessage(bytes).answer.map((line) => line.split(' ').slice(0, 2).join(' '))
    assert.equal(parsed.answers.length, parsed.header.ancount)
    assert.deepEqual(
      parsed.answers.map(({ name, ttl }) => `${name}. ${ttl}`),
      ours,
    )
    for (const record of parsed.answers) {
      if (record.address !== undefined) assert.equal(formatAddress(addressOf(record.address)), record.address)
    }
  }
})

test('services whose endpoints are names of each other take a bounded number of decisions', () => {
  // Without a bound these would be a million: every way through the ten.
  const ids = Array.from({ length: 10 }, (_, index) => `s${index}`)
  const zone = {
    zone: 'geo.example',
    ns: { 'ns1.geo.example': '192.0.2.53' },
    // Beside other data a hostname is answered with its addresses.
    records: ids.map((name) => ({ name, type: 'TXT', value: name })),
  }
  const services = ids.map((service) => ({
    service,
    names: { dns: [`${service}.geo.example`] },
    endpoints: Object.fromEntries(
      ids.filter((id) => id !== service).map((id) => [id, { site: 'iad', hostname: `${id}.geo.example` }]),
    ),
    steer: ['up', { spread: { by: 'equal' } }, { take: 9 }],
  }))
  const documents = Object.fromEntries(
    [{ sites: { iad: { lat: 39, lon: -77, country: 'US' } } }, zone, ...services].map((document, index) => [
      `${index}.yaml`,
      JSON.stringify(document),
    ]),
  )
  const snapshot = makeSnapshot({ documents })
  let draws = 0
  const respond = createResponder({
    current: () => snapshot,
    nowMs: () => TEST_NOW_MS,
    dice: () => draws++,
    debug: [],
    nodeId: '',
    findAliasAddresses: () => null,
    onFailure: (error) => {
      throw error
    },
  })
  assert.equal(describeMessage(ask(respond, 's0.geo.example A +edns', '5.5.1.1')).rcode, 'SERVFAIL')
  assert.ok(draws > 1 && draws < 1000, `${draws} draws`)
})
