import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeCheck } from '../../../src/policy/check-words.ts'
import { loadText } from './load-text.ts'

const DIGEST = 'a'.repeat(64)

const ROWS: readonly (readonly [text: string, words: string])[] = [
  ['{ http: /healthz }', 'http /healthz every 10 s'],
  [
    '{ http: /, method: HEAD, scheme: https, port: 8443, verify: false, every: 2m }',
    'https HEAD / at port 8443, any certificate, every 2 min',
  ],
  ['{ tcp: 443, every: 500ms, timeout: 500ms }', 'tcp 443 every 0.5 s'],
  ['{ tls: 443, every: 1h }', 'tls 443 every 1 h'],
  ['{ dns: a.example, type: TXT }', 'dns a.example TXT every 10 s'],
  ['{ grpc: 50051 }', 'grpc 50051 every 10 s'],
  ['{ grpc: 50051, service: a.B, transport: tls, verify: false }', 'grpc 50051 a.B, any certificate, every 10 s'],
  [`{ heartbeat: 90s, tokenSha256: ${DIGEST} }`, 'heartbeat within 90 s'],
  ['{ exec: [/bin/probe, --fast] }', 'exec /bin/probe every 10 s'],
  ['{ all: [b, c] }', 'all of b, c'],
  ['{ any: b }', 'any of b'],
  ['{ atLeast: 1, of: [b, c] }', 'at least 1 of b, c'],
  ['{ not: b }', 'not b'],
]

for (const [text, words] of ROWS) {
  test(`check ${words}`, () => {
    const checks = `checks: { a: ${text}, b: { tcp: 1 }, c: { tcp: 2 } }`
    const [policy] = loadText(`service: api\nendpoints: { e: { a: 192.0.2.1 } }\nsteer: []\n${checks}`).policies
    const [check] = policy?.checks ?? []
    assert(check !== undefined)
    assert.equal(describeCheck(check), words)
  })
}
