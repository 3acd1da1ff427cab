import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freshnessSeconds } from '../../../src/dns/freshness.ts'
import { addressOf, testResponder } from '../../helpers/dns-fixture.ts'
import { composeQuery } from '../../helpers/dns-message.ts'

const { respond } = testResponder()

for (const [query, seconds, why] of [
  ['api.geo.example A', 30, 'the plan’s TTL'],
  ['mail.geo.example A', 3600, 'the record’s TTL'],
  ['www.geo.example A', 30, 'the least of a chain'],
  ['c1.geo.example A', 120, 'the least of a chain, at its end in another zone'],
  ['geo.example SOA', 60, 'an SOA in the answer: its MINIMUM as well'],
  ['nowhere.geo.example A', 60, 'NXDOMAIN: its SOA'],
  ['mail.geo.example TXT', 60, 'NODATA: its SOA'],
  ['dangling.geo.example A', 60, 'NXDOMAIN behind a CNAME of 300 seconds'],
  ['closed.geo.example A', 10, 'NODATA because all is down is not believed for long'],
  ['child.geo.example A', 3600, 'a referral: its NS records'],
  ['geo.example MX', 3600, 'additional records do not count'],
  ['elsewhere.test A', 0, 'REFUSED'],
  ['geo.example AXFR', 0, 'REFUSED, with a zone of ours'],
  ['geo.example A +edns=1', 0, 'BADVERS: its RCODE is mostly in the OPT'],
  ['geo.example TYPE0', 0, 'FORMERR'],
] as const) {
  test(`${query}: ${seconds}, ${why}`, () => {
    const { bytes } = composeQuery(query)
    const out = new Uint8Array(65_535)
    const address = addressOf('5.5.1.1')
    const length = respond(bytes, bytes.length, { address, transport: 'https' }, out)
    assert.ok(length >= 12)
    assert.equal(freshnessSeconds(out.subarray(0, length)), seconds)
  })
}

test('an answer that is cut short is not kept', () => {
  const { bytes } = composeQuery('api.geo.example A')
  const out = new Uint8Array(512)
  const length = respond(bytes, bytes.length, { address: addressOf('5.5.1.1'), transport: 'https' }, out)
  out[2] = (out[2] ?? 0) | 0x02
  assert.equal(freshnessSeconds(out.subarray(0, length)), 0)
})

test('a header alone is not kept, and neither is one with zero records', () => {
  assert.equal(freshnessSeconds(Buffer.from('123484000000000000000000', 'hex')), 0)
  assert.equal(freshnessSeconds(Buffer.from('123484010000000000000000', 'hex')), 0)
})
