import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { createProbeDns } from '../../../../src/app/probe-dns.ts'
import type { ProbeOutcome } from '../../../../src/domain/health.ts'
import type { DnsQuestion, DnsReply } from '../../../../src/monitor/checks/ask-dns.ts'
import type { CheckOf } from '../../../../src/monitor/checks/kind.ts'
import { createHealthCheck } from '../../../../src/monitor/checks/registry.ts'
import { manualClock } from '../../../helpers/manual-clock.ts'
import { BASE, LOOPBACK, makeTarget, makeTools } from '../../../helpers/probed-servers.ts'

const dnsCheck = (given: Partial<CheckOf<'dns'>>): CheckOf<'dns'> => ({
  ...BASE,
  kind: 'dns',
  port: 53,
  transport: 'udp',
  qname: 'api.geo.example',
  qtype: 'A',
  rcode: 'NOERROR',
  answers: [],
  ...given,
})

const said = (rcode: string, ...answers: readonly (readonly [type: string, data: string])[]): DnsReply => ({
  kind: 'answer',
  rcode,
  answers: answers.map(([type, data]) => ({ type, data })),
  milliseconds: 7,
})

const rows: [name: string, reply: DnsReply, given: Partial<CheckOf<'dns'>>, outcome: ProbeOutcome, detail: string][] = [
  ['any', said('NOERROR', ['A', '192.0.2.1']), {}, 'pass', 'NOERROR, 1 A record'],
  ['NODATA, when any will do', said('NOERROR'), {}, 'pass', 'NOERROR, 0 A records'],
  ['another rcode', said('SERVFAIL'), {}, 'fail', 'SERVFAIL, expected NOERROR'],
  ['an rcode in small letters', said('NXDOMAIN'), { rcode: 'nxdomain' }, 'pass', 'NXDOMAIN, 0 A records'],
  [
    'one of two',
    said('NOERROR', ['A', '192.0.2.1'], ['A', '192.0.2.2']),
    { answers: ['192.0.2.2'] },
    'pass',
    'NOERROR, 2 A records',
  ],
  [
    'either of two',
    said('NOERROR', ['A', '192.0.2.1']),
    { answers: ['192.0.2.9', '192.0.2.1'] },
    'pass',
    'NOERROR, 1 A record',
  ],
  [
    'neither',
    said('NOERROR', ['A', '192.0.2.1'], ['A', '192.0.2.2']),
    { answers: ['192.0.2.9'] },
    'fail',
    '192.0.2.1, 192.0.2.2, expected 192.0.2.9',
  ],
  [
    'none',
    said('NOERROR'),
    { answers: ['192.0.2.9', '192.0.2.8'] },
    'fail',
    'no A record, expected 192.0.2.9 or 192.0.2.8',
  ],
  [
    'behind a CNAME',
    said('NOERROR', ['CNAME', 'x.example.'], ['A', '192.0.2.1']),
    { answers: ['192.0.2.1'] },
    'pass',
    'NOERROR, 1 A record',
  ],
  [
    'the CNAME itself',
    said('NOERROR', ['CNAME', 'x.example.']),
    { qtype: 'CNAME', answers: ['X.example'] },
    'pass',
    'NOERROR, 1 CNAME record',
  ],
  [
    'IPv6 in another form',
    said('NOERROR', ['AAAA', '2001:db8::1']),
    { qtype: 'aaaa', answers: ['2001:DB8:0::0001'] },
    'pass',
    'NOERROR, 1 aaaa record',
  ],
  [
    'TXT without quotes',
    said('NOERROR', ['TXT', '"v=spf1 -all"']),
    { qtype: 'TXT', answers: ['v=spf1 -all'] },
    'pass',
    'NOERROR, 1 TXT record',
  ],
  [
    'TXT in parts',
    said('NOERROR', ['TXT', '"v=spf1 " "-all"']),
    { qtype: 'TXT', answers: ['"v=spf1 -all"'] },
    'pass',
    'NOERROR, 1 TXT record',
  ],
  [
    'TXT in other letters',
    said('NOERROR', ['TXT', '"OK"']),
    { qtype: 'TXT', answers: ['ok'] },
    'fail',
    '"OK", expected ok',
  ],
  [
    'MX',
    said('NOERROR', ['MX', '10 mail.example.']),
    { qtype: 'MX', answers: ['10 Mail.example'] },
    'pass',
    'NOERROR, 1 MX record',
  ],
  ['silence', { kind: 'none', message: 'no answer within 2 s' }, {}, 'fail', 'no answer within 2 s'],
]
for (const [name, reply, given, outcome, detail] of rows) {
  test(`dns answers: ${name}`, async () => {
    const asked: DnsQuestion[] = []
    const askDns = (question: DnsQuestion): Promise<DnsReply> => {
      asked.push(question)
      return Promise.resolve(reply)
    }
    const check = createHealthCheck(dnsCheck(given), makeTools({ askDns }))
    const result = (await check?.probe(makeTarget(), new AbortController().signal)) ?? assert.fail()
    assert.equal(result.detail, detail)
    assert.equal(result.outcome, outcome)
    assert.equal(result.timings.firstByteMs, reply.kind === 'answer' ? 7 : null)
    const { qname, qtype, port, transport } = dnsCheck(given)
    assert.deepEqual(asked, [{ address: LOOPBACK, port, transport, qname, qtype, timeoutMs: 2000 }])
  })
}

const wrong: [name: string, given: Partial<CheckOf<'dns'>>, detail: RegExp][] = [
  ['a name that is none', { qname: 'a..b' }, /^a\.\.b is no domain name$/],
  ['a type that is none', { qtype: 'ADDRESS' }, /^ADDRESS is no type of records$/],
]
for (const [name, given, detail] of wrong) {
  test(`dns asks: ${name}`, async () => {
    const clock = manualClock()
    const askDns = createProbeDns({ ...clock, dice: () => 7 })
    const check = createHealthCheck(dnsCheck(given), makeTools({ askDns }))
    const result = await check?.probe(makeTarget(), new AbortController().signal)
    assert.match(result?.detail ?? '', detail)
    assert.equal(clock.pending(), 0)
  })
}

test('dns asks: recursion is desired; what is lost is sent again half-way; the time is that of the check', async (t) => {
  const clock = manualClock()
  const queries: Buffer[] = []
  const socket = createSocket('udp4')
  const heard = Promise.withResolvers<void>()
  const again = Promise.withResolvers<void>()
  socket.on('message', (query) => {
    queries.push(query)
    if (queries.length === 1) heard.resolve()
    else again.resolve()
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.after(() => socket.close())
  const check = dnsCheck({ port: socket.address().port, timeoutSeconds: 5 })
  const probing = createHealthCheck(check, makeTools({ askDns: createProbeDns({ ...clock, dice: () => 7 }) }))
  const ends = probing?.probe(makeTarget(), new AbortController().signal)
  await heard.promise
  assert.equal((queries[0]?.readUInt16BE(2) ?? 0) & 0x0100, 0x0100)
  clock.advance(2500)
  await again.promise
  assert.deepEqual(queries[1], queries[0])
  clock.advance(2499)
  assert.equal(clock.pending(), 1)
  clock.advance(1)
  assert.equal((await ends)?.detail, 'no answer within 5 s')
  assert.equal(clock.pending(), 0)
})
