import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { createProbeDns } from '../../../../src/app/probe-dns.ts'
import { parseAddress } from '../../../../src/domain/address.ts'
import type { Check } from '../../../../src/domain/check.ts'
import type { ProbeResult } from '../../../../src/domain/health.ts'
import { createHealthCheck } from '../../../../src/monitor/checks/registry.ts'
import { createLiveTarget, takeResult } from '../../../../src/monitor/live-target.ts'
import { httpCheck } from '../../../helpers/http-check.ts'
import { manualClock } from '../../../helpers/manual-clock.ts'
import { makeEndpoint } from '../../../helpers/policies.ts'
import { BASE, closedPort, LOOPBACK, makeTarget, makeTools } from '../../../helpers/probed-servers.ts'

/** No machine has a route by which one could connect to all of its network (RFC 919 §7). */
const BROADCAST = parseAddress('255.255.255.255') ?? assert.fail()

const { tls } = httpCheck({})
const dns = { kind: 'dns', qname: 'a.example', qtype: 'A', rcode: 'NOERROR', answers: [] } as const
const kinds: [name: string, at: (port: number) => Check][] = [
  ['http', (port) => httpCheck({ port })],
  ['https', (port) => httpCheck({ port, scheme: 'https' })],
  ['tcp', (port) => ({ ...BASE, kind: 'tcp', port })],
  ['tls', (port) => ({ ...BASE, kind: 'tls', port, tls, alpn: [] })],
  ['grpc', (port) => ({ ...BASE, kind: 'grpc', port, service: '', tls: null })],
  ['dns over UDP', (port) => ({ ...BASE, ...dns, port, transport: 'udp' })],
  ['dns over TCP', (port) => ({ ...BASE, ...dns, port, transport: 'tcp' })],
]
for (const [name, at] of kinds) {
  test(`${name}: what this node cannot begin to ask is no failure; what is refused there is`, async () => {
    const port = await closedPort()
    const tools = makeTools({ askDns: createProbeDns({ ...manualClock(), dice: () => 7 }) })
    const check = createHealthCheck({ ...at(port), degradedMs: 0 }, tools) ?? assert.fail()
    const ask = (address: typeof BROADCAST): Promise<ProbeResult> =>
      check.probe(makeTarget({ host: { address } }), new AbortController().signal)
    const unasked = await ask(BROADCAST)
    assert.equal(unasked.outcome, 'unasked')
    assert.match(unasked.detail, /^this node could not ask: /)
    assert.equal((await ask(LOOPBACK)).outcome, 'fail')
  })
}

test('what could not be asked is shown, and believed is what was believed before', () => {
  const check: Check = { ...BASE, kind: 'tcp', port: 80 }
  const planned = { key: 'k', check, host: { address: LOOPBACK }, guarded: null }
  const parts = {
    service: 'api',
    endpoint: makeEndpoint('one', 0),
    probe: null,
    before: null,
    nowMs: 0,
    onDue: () => {},
  }
  const target = createLiveTarget(planned, parts)
  const result = (outcome: ProbeResult['outcome']): ProbeResult => ({
    outcome,
    detail: outcome,
    timings: { connectMs: null, tlsMs: null, firstByteMs: null, totalMs: 1 },
    warnings: [],
    load: {},
  })
  for (let atMs = 1; atMs <= 5; atMs++) takeResult(target, result('unasked'), atMs)
  assert.equal(target.belief.health, 'unknown')
  takeResult(target, result('pass'), 6)
  for (let atMs = 7; atMs <= 12; atMs++) takeResult(target, result('unasked'), atMs)
  assert.equal(target.belief.health, 'up')
  assert.equal(target.last[0]?.outcome, 'unasked')
})

test('without a file descriptor left, nothing is asked, and nothing breaks', () => {
  const script = `${import.meta.dirname}/../../../helpers/without-descriptors.ts`
  const run = spawnSync('sh', ['-c', 'ulimit -n 60; exec "$0" "$1"', process.execPath, script], { encoding: 'utf8' })
  assert.equal(run.status, 0, run.stderr)
  const word = 'unasked this node could not ask: no file descriptors left'
  assert.equal(run.stdout.trimEnd(), ['http', 'tcp', 'tls', 'exec'].map((kind) => `${kind} ${word}`).join('\n'))
})
