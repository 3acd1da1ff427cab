import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { createSecureServer } from 'node:http2'
import { type TestContext, test } from 'node:test'
import { createServer as createTlsServer, setDefaultCACertificates, type TlsOptions } from 'node:tls'
import type { TlsExpectation } from '../../../../src/domain/check.ts'
import type { ProbeOutcome, ProbeResult } from '../../../../src/domain/health.ts'
import type { CheckOf } from '../../../../src/monitor/checks/kind.ts'
import { createHealthCheck } from '../../../../src/monitor/checks/registry.ts'
import { FIRST_PAIR, SECOND_PAIR } from '../../../helpers/certificates.ts'
import { httpCheck } from '../../../helpers/http-check.ts'
import { BASE, makeTarget, makeTools, watched } from '../../../helpers/probed-servers.ts'

// The operator's own authority, as NODE_EXTRA_CA_CERTS adds it. The second pair stays unknown.
setDefaultCACertificates([FIRST_PAIR.cert])

const server = (options: TlsOptions) => createTlsServer(options, (socket) => socket.on('error', () => {}).resume())

async function probed(
  t: TestContext,
  options: TlsOptions,
  given: Partial<CheckOf<'tls'>>,
  nowMs?: () => number,
): Promise<ProbeResult> {
  const { port } = await watched(t, server(options))
  const tls: TlsExpectation = { serverName: null, verify: 'verify', warnDays: 14 }
  const check: CheckOf<'tls'> = { ...BASE, kind: 'tls', port, tls, alpn: [], ...given }
  const tools = makeTools(nowMs === undefined ? {} : { nowMs })
  const result = await createHealthCheck(check, tools)?.probe(makeTarget(), new AbortController().signal)
  return result ?? assert.fail()
}

const named = (
  serverName: string | null,
  verify: TlsExpectation['verify'] = 'verify',
): Pick<CheckOf<'tls'>, 'tls'> => ({
  tls: { serverName, verify, warnDays: 14 },
})

const rows: [
  name: string,
  options: TlsOptions,
  given: Partial<CheckOf<'tls'>>,
  outcome: ProbeOutcome,
  detail: RegExp,
][] = [
  ['its address is in the certificate', FIRST_PAIR, named(null), 'pass', /^TLSv1\.3$/],
  ['its name is', FIRST_PAIR, named('ns1.geo.example'), 'pass', /^TLSv1\.3$/],
  [
    'its name is not',
    FIRST_PAIR,
    named('other.example'),
    'fail',
    /^TLS: Host: other\.example\. is not in the cert's altnames/,
  ],
  ['its name is not, and need not be', FIRST_PAIR, named('other.example', 'insecure'), 'pass', /./],
  ['nobody known has signed it', SECOND_PAIR, named(null), 'fail', /^self-signed certificate$/],
  ['nobody known has signed it, nor need', SECOND_PAIR, named(null, 'insecure'), 'pass', /./],
  ['an old protocol', { ...FIRST_PAIR, maxVersion: 'TLSv1.2' }, {}, 'pass', /^TLSv1\.2$/],
  [
    'a protocol too old',
    { ...FIRST_PAIR, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    {},
    'fail',
    /^TLS: \w+/,
  ],
  ['ALPN', { ...FIRST_PAIR, ALPNProtocols: ['h2', 'http/1.1'] }, { alpn: ['http/1.1'] }, 'pass', /, ALPN http\/1\.1$/],
  [
    'ALPN: nothing in common',
    { ...FIRST_PAIR, ALPNProtocols: ['h2'] },
    { alpn: ['dot'] },
    'fail',
    /^TLS: .*application protocol/,
  ],
  [
    'ALPN: a server without',
    FIRST_PAIR,
    { alpn: ['dot', 'h2'] },
    'fail',
    /^no protocol agreed by ALPN, expected dot or h2$/,
  ],
]
for (const [name, options, given, outcome, detail] of rows) {
  test(`tls: ${name}`, async (t) => {
    const result = await probed(t, options, given)
    assert.match(result.detail, detail)
    assert.equal(result.outcome, outcome)
  })
}

/** The certificate's last day is 2126-10-28, 08:33:13 UTC. */
const ends: [now: string, warnDays: number, warning: RegExp | null][] = [
  ['2126-10-01T00:00:00Z', 14, null],
  ['2126-10-14T08:33:12Z', 14, null],
  ['2126-10-14T08:33:14Z', 14, /^the certificate ends in 13 days \(2126-10-28\), expected more than 14 days$/],
  ['2126-10-18T08:33:13Z', 14, /ends in 10 days/],
  ['2126-10-28T08:00:00Z', 14, /ends within a day/],
  ['2126-10-29T00:00:00Z', 14, /^the certificate ended \(2126-10-28\)/],
  ['2126-10-29T00:00:00Z', 0, null],
]
for (const [now, warnDays, warning] of ends) {
  const nowMs = () => Date.parse(now)
  const tls = { serverName: null, verify: 'insecure', warnDays } as const
  test(`tls: at ${now}, with warnDays ${warnDays}`, async (t) => {
    const result = await probed(t, FIRST_PAIR, { tls }, nowMs)
    assertWarned(result, warning)
  })
  test(`https: at ${now}, with warnDays ${warnDays}`, async (t) => {
    const { port } = await watched(
      t,
      createTlsServer(FIRST_PAIR, (socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\n'))),
    )
    const check = createHealthCheck(httpCheck({ port, scheme: 'https', tls }), makeTools({ nowMs }))
    assertWarned((await check?.probe(makeTarget(), new AbortController().signal)) ?? assert.fail(), warning)
  })
}

function assertWarned({ outcome, warnings, detail }: ProbeResult, warning: RegExp | null): void {
  assert.equal(outcome, warning === null ? 'pass' : 'degraded', detail)
  assert.equal(warnings.length, warning === null ? 0 : 1)
  if (warning !== null) assert.match(warnings[0] ?? '', warning)
}

test('tls: a certificate that ends does not make a failure of fewer words', async (t) => {
  const { port } = await watched(
    t,
    createTlsServer(FIRST_PAIR, (socket) => socket.once('data', () => socket.end('HTTP/1.1 500 No\r\n\r\n'))),
  )
  const tls = { serverName: null, verify: 'insecure', warnDays: 14 } as const
  const tools = makeTools({ nowMs: () => Date.parse('2126-10-28T00:00:00Z') })
  const check = createHealthCheck(httpCheck({ port, scheme: 'https', tls }), tools)
  const result = await check?.probe(makeTarget(), new AbortController().signal)
  assert.equal(result?.outcome, 'fail')
  assert.equal(result?.detail, 'status 500, expected 200')
  assert.equal(result?.warnings.length, 1)
})

const clear: [name: string, check: (port: number) => Parameters<typeof createHealthCheck>[0]][] = [
  ['https', (port) => httpCheck({ port, scheme: 'https' })],
  ['tls', (port) => ({ ...BASE, kind: 'tls', port, tls: httpCheck({}).tls, alpn: [] })],
  ['grpc', (port) => ({ ...BASE, kind: 'grpc', port, service: '', tls: httpCheck({}).tls })],
]
for (const [name, check] of clear) {
  test(`${name}: a server that speaks in clear`, async (t) => {
    const { port } = await watched(t, createServer())
    const result = await createHealthCheck(check(port), makeTools())?.probe(makeTarget(), new AbortController().signal)
    assert.equal(result?.outcome, 'fail')
    assert.match(result?.detail ?? '', /^TLS: (packet length too long|wrong version number)/)
  })
}

test('grpc: a TLS server without HTTP/2', async (t) => {
  const { port } = await watched(t, server(FIRST_PAIR))
  const check = createHealthCheck({ ...BASE, kind: 'grpc', port, service: '', tls: httpCheck({}).tls }, makeTools())
  const result = await check?.probe(makeTarget(), new AbortController().signal)
  assert.match(result?.detail ?? '', /^no HTTP\/2 agreed by ALPN, which gRPC needs$/)
})

test('grpc: the certificate is looked at', async (t) => {
  const { port } = await watched(t, createSecureServer(SECOND_PAIR))
  const tls = { serverName: null, verify: 'verify', warnDays: 14 } as const
  const check = createHealthCheck({ ...BASE, kind: 'grpc', port, service: '', tls }, makeTools())
  const result = await check?.probe(makeTarget(), new AbortController().signal)
  assert.match(result?.detail ?? '', /^self-signed certificate$/)
})
