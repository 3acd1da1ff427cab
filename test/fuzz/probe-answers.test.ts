import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createProbeDns } from '../../src/app/probe-dns.ts'
import type { Check } from '../../src/domain/check.ts'
import { createHealthCheck } from '../../src/monitor/checks/registry.ts'
import { httpCheck } from '../helpers/http-check.ts'
import { BASE, makeTarget, makeTools, rawServer } from '../helpers/probed-servers.ts'

/** Whatever a probed endpoint sends before it closes, the probe ends, and says what it found. */

const frame = (type: number, flags: number, stream: number, payload: readonly number[]): number[] => [
  ...[payload.length >> 16, (payload.length >> 8) & 0xff, payload.length & 0xff],
  ...[type, flags, 0, 0, 0, stream],
  ...payload,
]
const json = '{"status":"ok","load":[1,{"a":"b"}]}'
const text = (value: string): number[] => [...Buffer.from(value, 'latin1')]

interface Kind {
  readonly check: (port: number) => Check
  /** Pieces of good answers. */
  readonly pieces: readonly (readonly number[])[]
  /** Node's HTTP/2 waits on after GOAWAY and half a frame, although the connection has ended: only its time ends that probe. */
  readonly ends: 'byItself' | 'inTime'
}

const KINDS: Readonly<Record<string, Kind>> = {
  http: {
    ends: 'byItself',
    check: (port) =>
      httpCheck({
        port,
        redirects: 2,
        body: { contains: 'ok', matches: 'a|o', json: { path: '$..a', equals: 'b' } },
        load: [
          { metric: 'one', from: { json: '$.load[0]' } },
          { metric: 'two', from: { prometheus: 'load{a="b"}' } },
        ],
      }),
    pieces: [
      text('HTTP/1.1 200 OK\r\n'),
      text('HTTP/1.1 302 Found\r\nLocation: /a\r\n'),
      text('HTTP/1.1 100 Continue\r\n\r\n'),
      text(`Content-Length: ${json.length}\r\n\r\n${json}`),
      text(`Transfer-Encoding: chunked\r\n\r\n${json.length.toString(16)}\r\n${json}\r\n0\r\n\r\n`),
      text('Content-Encoding: gzip\r\n'),
      text('\r\n\r\n'),
      text('load{a="b"} 7\n'),
    ],
  },
  grpc: {
    ends: 'inTime',
    check: (port) => ({ ...BASE, kind: 'grpc', port, service: 'a', tls: null }),
    pieces: [
      frame(4, 0, 0, []),
      frame(4, 1, 0, []),
      frame(1, 4, 1, [0x88]),
      frame(0, 0, 1, [0, 0, 0, 0, 2, 8, 1]),
      frame(1, 5, 1, [0x40, 11, ...text('grpc-status'), 1, ...text('0')]),
      frame(3, 0, 1, [0, 0, 0, 2]),
      frame(7, 0, 0, [0, 0, 0, 1, 0, 0, 0, 0]),
      frame(5, 4, 1, [0, 0, 0, 2, 0x88]),
      frame(8, 0, 0, [0x7f, 0xff, 0xff, 0xff]),
    ],
  },
  tls: {
    ends: 'byItself',
    check: (port) => ({ ...BASE, kind: 'tls', port, tls: httpCheck({}).tls, alpn: ['h2'] }),
    pieces: [
      [0x16, 3, 3, 0, 40, 2, 0, 0, 36, 3, 3, ...new Array<number>(32).fill(7), 0],
      [0x13, 1, 0],
      [0x15, 3, 3, 0, 2, 2, 40],
      [0x14, 3, 3, 0, 1, 1],
      [0x17, 3, 3, 0, 3, 1, 2, 3],
    ],
  },
  dns: {
    ends: 'byItself',
    check: (port) => ({
      ...BASE,
      ...{ kind: 'dns', port, transport: 'tcp', qname: 'a', qtype: 'A', rcode: 'NOERROR', answers: ['192.0.2.1'] },
    }),
    pieces: [
      [0, 35],
      [0, 7, 0x84, 0, 0, 1, 0, 1, 0, 0, 0, 0],
      [1, 0x61, 0, 0, 1, 0, 1],
      [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 192, 0, 2, 1],
      [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0],
    ],
  },
}

const askDns = createProbeDns({ nowMs: () => performance.now(), dice: () => 7, schedule: () => () => {} })

for (const [name, { check, pieces, ends }] of Object.entries(KINDS)) {
  test(`${name}: whatever is answered, the probe ends`, { timeout: 120_000 }, async (t) => {
    const answer = { octets: Buffer.alloc(0), isTaken: () => {} }
    const server = await rawServer(t, (socket) => {
      socket.on('error', () => {}).on('close', () => answer.isTaken())
      socket.on('finish', () => answer.isTaken())
      socket.once('data', () => socket.end(answer.octets))
    })
    const probing = createHealthCheck(check(server.port), makeTools({ askDns })) ?? assert.fail()
    const noise = fc.uint8Array({ maxLength: 12 }).map((octets) => [...octets])
    const octets = fc
      .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...pieces) }, { weight: 1, arbitrary: noise }), {
        maxLength: 8,
      })
      .map((parts) => Buffer.from(parts.flat()))
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(octets, flips, async (whole, changes) => {
        answer.octets = Buffer.from(whole)
        for (const [at, octet] of changes) if (whole.length > 0) answer.octets[at % whole.length] = octet
        const controller = new AbortController()
        answer.isTaken = () => {
          if (ends === 'inTime') afterTurns(50, () => controller.abort())
        }
        const { outcome, detail, timings } = await probing.probe(makeTarget(), controller.signal)
        assert.ok(['pass', 'degraded', 'fail'].includes(outcome), detail)
        assert.doesNotMatch(detail, /\p{Cc}/u)
        assert.ok(detail.length < 500 && timings.totalMs >= 0)
      }),
      { numRuns: 150 },
    )
  })
}

function afterTurns(turns: number, task: () => void): void {
  if (turns === 0) task()
  else setImmediate(() => afterTurns(turns - 1, task))
}
