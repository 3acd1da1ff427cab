import assert from 'node:assert/strict'
import { createServer, type IncomingMessage } from 'node:http'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { parseAddress } from '../../../../src/domain/address.ts'
import { createHealthCheck } from '../../../../src/monitor/checks/registry.ts'
import { FIRST_PAIR } from '../../../helpers/certificates.ts'
import { httpCheck } from '../../../helpers/http-check.ts'
import { BASE, makeTarget, makeTools, watched } from '../../../helpers/probed-servers.ts'

const address = parseAddress('::1') ?? assert.fail()
const target = makeTarget({ host: { address } })
const hasIpv6 = Object.values(networkInterfaces()).some((found) => found?.some((it) => it.address === '::1'))
const skip = hasIpv6 ? false : 'this machine has no ::1'

test('http over IPv6: the address stands in brackets', { skip }, async (t) => {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    response.end()
  })
  const { port } = await watched(t, server, '::1')
  const check = createHealthCheck(httpCheck({ port }), makeTools())
  const result = await check?.probe(target, new AbortController().signal)
  assert.equal(result?.outcome, 'pass', result?.detail ?? 'no result')
  assert.equal(requests[0]?.headers.host, `[::1]:${port}`)
})

test('http over IPv6: a host name is asked by this family', { skip }, async (t) => {
  const { port } = await watched(
    t,
    createServer((_request, response) => response.end()),
    '::1',
  )
  const asked: string[] = []
  const tools = makeTools({
    lookUp: async (name, family) => {
      asked.push(`${name} ${family}`)
      return [parseAddress('127.0.0.1') ?? assert.fail(), address]
    },
  })
  const host = { hostname: 'six.example', family: 6 } as const
  const result = await createHealthCheck(httpCheck({ port }), tools)?.probe({ ...target, host }, AbortSignal.any([]))
  assert.equal(result?.outcome, 'pass', result?.detail ?? 'no result')
  assert.deepEqual(asked, ['six.example 6'])
})

test('tls over IPv6: the certificate must have the address', { skip }, async (t) => {
  const server = createTlsServer(FIRST_PAIR, (socket) => socket.on('error', () => {}).resume())
  const { port } = await watched(t, server, '::1')
  const at = (verify: 'verify' | 'insecure') =>
    createHealthCheck(
      { ...BASE, kind: 'tls', port, tls: { serverName: null, verify, warnDays: 0 }, alpn: [] },
      makeTools(),
    )
  const signal = AbortSignal.any([])
  assert.equal((await at('insecure')?.probe(target, signal))?.outcome, 'pass')
  assert.equal((await at('verify')?.probe(target, signal))?.outcome, 'fail')
})
