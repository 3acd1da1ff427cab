import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { believeDatagrams } from '../../src/dns/balancers.ts'
import { readDohHead } from '../../src/dns/doh-request.ts'
import { FIXED_LENGTH, readProxyHeader } from '../../src/dns/proxy-header.ts'
import type { Respond } from '../../src/dns/respond.ts'
import { addressOf } from '../helpers/dns-fixture.ts'
import { composeProxyHeader } from '../helpers/proxy-header.ts'

const octet = fc.nat(255)
/** A header that is right, or nearly. */
const headers = fc
  .record({
    command: fc.nat(15),
    family: fc.nat(15),
    protocol: fc.nat(15),
    addresses: fc.uint8Array({ maxLength: 220 }),
    tlvs: fc.uint8Array({ maxLength: 64 }),
  })
  .map(composeProxyHeader)
const mutated = fc
  .tuple(headers, fc.array(fc.tuple(fc.nat(300), octet), { maxLength: 3 }), fc.nat(400))
  .map(([octets, changes, length]) => {
    for (const [at, value] of changes) if (at < octets.length) octets[at] = value
    return octets.subarray(0, length)
  })

test('a PROXY header is read, wanted more of, or refused: never past its octets', () => {
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 64 })), (octets) => {
      const header = readProxyHeader(octets, octets.length)
      if (header.kind === 'header') assert.ok(header.length >= FIXED_LENGTH && header.length <= octets.length)
      if (header.kind === 'partial') assert.ok(header.needed > octets.length)
    }),
    { numRuns: 5_000 },
  )
})

test('what a balancer sends is answered for somebody, or dropped and told', () => {
  const respond: Respond = (query, length) => {
    assert.equal(query.length, length)
    return 12
  }
  const balancer = addressOf('192.0.2.1')
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 64 })), (datagram) => {
      let refused = 0
      const believing = believeDatagrams(respond, {
        networks: [{ family: 4, bytes: balancer.bytes, length: 32 }],
        onRefused: () => refused++,
      })
      const written = believing(datagram, datagram.length, { address: balancer, transport: 'udp' }, new Uint8Array(512))
      assert.equal(written, refused === 0 ? 12 : 0)
    }),
    { numRuns: 5_000 },
  )
})

test('the head of a request is a query, or has one of the statuses', () => {
  const target = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.webUrl(),
    fc.string({ unit: 'binary', maxLength: 80 }).map((text) => `/dns-query?${text}`),
    fc.uint8Array({ maxLength: 60 }).map((octets) => `/dns-query?dns=${Buffer.from(octets).toString('base64url')}`),
  )
  const head = fc.record({
    method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'get', ''),
    target,
    contentType: fc.option(fc.oneof(fc.constant('application/dns-message'), fc.string()), { nil: undefined }),
    contentEncoding: fc.option(fc.string(), { nil: undefined }),
    contentLength: fc.option(fc.string(), { nil: undefined }),
  })
  fc.assert(
    fc.property(head, (request) => {
      const read = readDohHead(request)
      if (read.kind === 'query') assert.ok(read.query.length >= 12 && read.query.length <= 65_535)
      if (read.kind === 'error') assert.ok([400, 404, 405, 413, 415].includes(read.status))
      if (read.kind === 'body') assert.equal(request.method, 'POST')
    }),
    { numRuns: 5_000 },
  )
})
