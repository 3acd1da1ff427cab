/** Bodies on a socket: what a client library would never send. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { exchange, headerOf, listen, makeDiscovery, statusOf } from './fixture.ts'

const END = 'Connection: close\r\n\r\n'
const HEAD = 'POST /v1/reports HTTP/1.1\r\nHost: any.example\r\nX-Forwarded-For: 5.9.0.1\r\n'
const JSON_TYPE = 'Content-Type: application/json\r\n'

async function open(t: TestContext) {
  const { app, reports, deps } = makeDiscovery()
  const port = await listen(t, app)
  const address = { family: 4, bytes: Uint8Array.of(5, 9, 0, 1) } as const
  const body = (): string => {
    const token = deps.tokens.issue({ service: 'api', endpoints: ['frankfurt'], address }, deps.nowMs())
    return JSON.stringify({ token, measurements: [{ endpoint: 'frankfurt', connectMs: 20 }] })
  }
  return { port, reports, body }
}

const chunked = (body: string): string =>
  `Transfer-Encoding: chunked\r\n${END}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`

interface Row {
  readonly name: string
  readonly octets: (body: string) => string
  readonly status: number
}

const rows: readonly Row[] = [
  {
    name: 'with a length',
    octets: (body) => `${HEAD}${JSON_TYPE}Content-Length: ${body.length}\r\n${END}${body}`,
    status: 202,
  },
  { name: 'in chunks', octets: (body) => `${HEAD}${JSON_TYPE}${chunked(body)}`, status: 202 },
  {
    name: 'with both, which is how requests are smuggled',
    octets: (body) => `${HEAD}${JSON_TYPE}Content-Length: ${body.length}\r\n${chunked(body)}`,
    status: 400,
  },
  {
    name: 'two Hosts',
    octets: (body) => `${HEAD}Host: other.example\r\n${JSON_TYPE}Content-Length: ${body.length}\r\n${END}${body}`,
    status: 400,
  },
  { name: 'without a type', octets: (body) => `${HEAD}Content-Length: ${body.length}\r\n${END}${body}`, status: 415 },
  {
    name: 'a length that says too much',
    octets: () => `${HEAD}${JSON_TYPE}Content-Length: 99999\r\n\r\n`,
    status: 413,
  },
  {
    name: 'chunks that are too much together',
    octets: () =>
      `${HEAD}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\n${`1000\r\n${'x'.repeat(4_096)}\r\n`.repeat(5)}`,
    status: 413,
  },
  { name: 'no chunks', octets: () => `${HEAD}${JSON_TYPE}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, status: 400 },
  {
    name: 'octets that are no UTF-8',
    octets: () => `${HEAD}${JSON_TYPE}Content-Length: 4\r\n${END}"\xff\xfe"`,
    status: 400,
  },
  {
    name: 'in HTTP/1.0',
    octets: (body) => `${HEAD.replace('1.1', '1.0')}${JSON_TYPE}Content-Length: ${body.length}\r\n\r\n${body}`,
    status: 202,
  },
]
for (const { name, octets, status } of rows) {
  test(`a body ${name}: ${status}`, async (t) => {
    const { port, body, reports } = await open(t)
    const response = await exchange(port, octets(body()))
    assert.equal(statusOf(response), status, response)
    assert.equal(reports.length, status === 202 ? 1 : 0)
  })
}

test('a client that waits for leave to send its body gets it', async (t) => {
  const { port, body, reports } = await open(t)
  const text = body()
  const socket = connect(port, '127.0.0.1').setEncoding('latin1')
  t.after(() => socket.destroy())
  let received = ''
  socket.on('data', (octets: string) => {
    // Only when it is asked to.
    if (received === '') socket.write(text)
    received += octets
  })
  socket.write(`${HEAD}${JSON_TYPE}Expect: 100-continue\r\nContent-Length: ${text.length}\r\n${END}`)
  await once(socket, 'close')
  assert.match(received, /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 202 /)
  assert.equal(reports.length, 1)
})

const unwelcome: readonly (readonly [name: string, head: string, status: number])[] = [
  ['without a token', 'POST /v1/heartbeats/api/virginia HTTP/1.1\r\nHost: any.example\r\n', 401],
  ['where no body is read', 'POST /v1/services/api HTTP/1.1\r\nHost: any.example\r\n', 405],
  ['with two Hosts', 'POST /v1/reports HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n', 400],
]
for (const [name, head, status] of unwelcome) {
  test(`it is refused at once ${name}`, async (t) => {
    const { port } = await open(t)
    const response = await exchange(port, `${head}${JSON_TYPE}Expect: 100-continue\r\nContent-Length: 10\r\n${END}`)
    assert.equal(statusOf(response), status, response)
    assert.doesNotMatch(response, /100 Continue/)
  })
}

test('a connection goes on after a report, and after one that was refused', async (t) => {
  const { port, body } = await open(t)
  const one = (text: string) => `${HEAD}${JSON_TYPE}Content-Length: ${text.length}\r\n\r\n${text}`
  const last = 'GET /v1/services HTTP/1.1\r\nHost: any.example\r\n'
  const response = await exchange(port, `${one(body())}${one('{}')}${one(body())}${last}${END}`)
  assert.deepEqual(
    [...response.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status),
    ['202', '400', '202', '200'],
  )
  assert.equal(headerOf(response, 'connection'), 'keep-alive')
})
