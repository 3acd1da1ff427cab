import assert from 'node:assert/strict'
import { createServer, type ServerHttp2Stream } from 'node:http2'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ProbeOutcome } from '../../../../src/domain/health.ts'
import { composeHealthRequest, parseHealthResponse } from '../../../../src/monitor/checks/grpc-messages.ts'
import { createHealthCheck } from '../../../../src/monitor/checks/registry.ts'
import { BASE, makeTarget, makeTools, watched } from '../../../helpers/probed-servers.ts'

const framed = (...message: number[]): Buffer => Buffer.from([0, 0, 0, 0, message.length, ...message])

interface Answer {
  readonly message: Buffer
  readonly trailers: Readonly<Record<string, string>>
  readonly status?: number
}

/** What `Health/Check` answers; without a message, the status stands in the headers (Trailers-Only). */
const rows: [name: string, answer: Answer, outcome: ProbeOutcome, detail: RegExp][] = [
  ['SERVING', { message: framed(8, 1), trailers: { 'grpc-status': '0' } }, 'pass', /^SERVING$/],
  [
    'NOT_SERVING',
    { message: framed(8, 2), trailers: { 'grpc-status': '0' } },
    'fail',
    /^NOT_SERVING, expected SERVING$/,
  ],
  ['SERVICE_UNKNOWN', { message: framed(8, 3), trailers: { 'grpc-status': '0' } }, 'fail', /^SERVICE_UNKNOWN, exp/],
  ['UNKNOWN, as a number', { message: framed(8, 0), trailers: { 'grpc-status': '0' } }, 'fail', /^UNKNOWN, exp/],
  ['UNKNOWN, left out', { message: framed(), trailers: { 'grpc-status': '0' } }, 'fail', /^UNKNOWN, exp/],
  ['a status of the future', { message: framed(8, 9), trailers: { 'grpc-status': '0' } }, 'fail', /^status 9, exp/],
  [
    'no service',
    { message: Buffer.alloc(0), trailers: { 'grpc-status': '5' } },
    'fail',
    /knows no such service \(NOT_FOUND\)/,
  ],
  ['no health', { message: Buffer.alloc(0), trailers: { 'grpc-status': '12' } }, 'fail', /has no grpc\.health\.v1/],
  [
    'away',
    { message: Buffer.alloc(0), trailers: { 'grpc-status': '14', 'grpc-message': 'try%20later' } },
    'fail',
    /^gRPC status 14: try later, exp/,
  ],
  [
    'a message that is none',
    { message: Buffer.alloc(0), trailers: { 'grpc-status': '14', 'grpc-message': '%zz' } },
    'fail',
    /^gRPC status 14: %zz, exp/,
  ],
  ['no status', { message: framed(8, 1), trailers: {} }, 'fail', /^no gRPC status/],
  ['no message', { message: Buffer.alloc(0), trailers: { 'grpc-status': '0' } }, 'fail', /^the message cannot be read/],
  [
    'compressed',
    { message: Buffer.from([1, 0, 0, 0, 2, 8, 1]), trailers: { 'grpc-status': '0' } },
    'fail',
    /cannot be read/,
  ],
  ['too much', { message: Buffer.alloc(5000), trailers: { 'grpc-status': '0' } }, 'fail', /more than 1024 octets$/],
  ['a proxy', { message: Buffer.from('<html>'), trailers: {}, status: 502 }, 'fail', /^HTTP status 502, exp/],
]
for (const [name, { message, trailers, status = 200 }, outcome, detail] of rows) {
  test(`grpc answers: ${name}`, async (t) => {
    const asked: { path: string | undefined; body: Buffer }[] = []
    const server = createServer()
    server.on('stream', (stream: ServerHttp2Stream, headers) => {
      stream.on('error', () => {})
      stream.on('data', (body: Buffer) => asked.push({ path: headers[':path'], body }))
      stream.on('wantTrailers', () => stream.sendTrailers(trailers))
      const isOnlyTrailers = message.length === 0
      stream.respond(
        { ':status': status, 'content-type': 'application/grpc', ...(isOnlyTrailers ? trailers : {}) },
        { waitForTrailers: !isOnlyTrailers, endStream: isOnlyTrailers },
      )
      if (!isOnlyTrailers) stream.end(message)
    })
    const { port } = await watched(t, server)
    const check = createHealthCheck({ ...BASE, kind: 'grpc', port, service: 'api.v1', tls: null }, makeTools())
    const result = (await check?.probe(makeTarget(), new AbortController().signal)) ?? assert.fail()
    assert.match(result.detail, detail)
    assert.equal(result.outcome, outcome)
    if (outcome === 'pass') {
      const body = Buffer.from([0, 0, 0, 0, 8, 10, 6, ...Buffer.from('api.v1')])
      assert.deepEqual(asked, [{ path: '/grpc.health.v1.Health/Check', body }])
    }
  })
}

test('grpc: an HTTP/1 server', async (t) => {
  const { createServer: createHttp1Server } = await import('node:http')
  const { port } = await watched(t, createHttp1Server())
  const check = createHealthCheck({ ...BASE, kind: 'grpc', port, service: '', tls: null }, makeTools())
  const result = await check?.probe(makeTarget(), new AbortController().signal)
  assert.equal(result?.outcome, 'fail')
  assert.doesNotMatch(result?.detail ?? '', /time ran out/)
})

const requests: [service: string, hex: string][] = [
  ['', '0000000000'],
  ['a', '00000000030a0161'],
  ['x'.repeat(200), `00000000cb0ac801${'78'.repeat(200)}`],
]
for (const [service, hex] of requests) {
  test(`grpc request: a service of ${service.length} octets`, () =>
    assert.equal(Buffer.from(composeHealthRequest(service)).toString('hex'), hex))
}

test('grpc response: whatever octets come, they are read or not', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), (octets) => {
      const status = parseHealthResponse(octets)
      assert.ok(status === null || status.length > 0)
    }),
  )
})
