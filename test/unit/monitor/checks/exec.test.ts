import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../../../../src/domain/address.ts'
import type { ProbeOutcome } from '../../../../src/domain/health.ts'
import { createHealthCheck } from '../../../../src/monitor/checks/registry.ts'
import { makeEndpoint } from '../../../helpers/policies.ts'
import { BASE, makeTarget, makeTools } from '../../../helpers/probed-servers.ts'

const rows: [name: string, command: readonly string[], outcome: ProbeOutcome, detail: RegExp][] = [
  ['0 is up', ['true'], 'pass', /^exit status 0$/],
  ['1 is degraded', ['sh', '-c', 'echo half of the disks; exit 1'], 'degraded', /^exit status 1: half of the disks$/],
  ['2 is down', ['sh', '-c', 'echo gone >&2; exit 2'], 'fail', /^exit status 2: gone$/],
  ['127 is down', ['sh', '-c', 'exit 127'], 'fail', /^exit status 127$/],
  ['a signal is down', ['sh', '-c', 'kill -TERM $$'], 'fail', /^ended by SIGTERM$/],
  ['no such command', ['/nowhere/is-no-command'], 'fail', /ENOENT/],
  ['no command at all', [], 'fail', /./],
  ['a folder', ['/'], 'fail', /EACCES/],
  ['an argument with a zero', ['echo', 'a\0b'], 'fail', /null bytes/],
  ['no shell reads it', ['echo', '$HOME; exit 2'], 'pass', /^exit status 0: \$HOME; exit 2$/],
  [
    'more output than is kept',
    ['sh', '-c', 'head -c 3000000 /dev/zero | tr "\\0" x'],
    'pass',
    /^exit status 0: x{119}…$/,
  ],
  ['nothing to read', ['cat'], 'pass', /^exit status 0$/],
  ['what it leaves behind ends with it', ['sh', '-c', 'sleep 1000 & echo done'], 'pass', /^exit status 0: done$/],
]
for (const [name, command, outcome, detail] of rows) {
  test(`exec: ${name}`, { timeout: 20_000 }, async () => {
    const check = createHealthCheck({ ...BASE, kind: 'exec', command }, makeTools())
    const result = (await check?.probe(makeTarget({ host: null }), new AbortController().signal)) ?? assert.fail()
    assert.match(result.detail, detail)
    assert.equal(result.outcome, outcome)
  })
}

test('exec: the environment says what is probed, and nothing of the node', async (t) => {
  t.after(() => delete process.env.NEARCAST_TEST_SECRET)
  process.env.NEARCAST_TEST_SECRET = 'x'
  const check = createHealthCheck(
    { ...BASE, kind: 'exec', command: ['sh', '-c', 'env | sort | tr "\\n" " "'] },
    makeTools(),
  )
  const aaaa = [parseAddress('2001:db8::1') ?? assert.fail()]
  const endpoint = makeEndpoint('fra', 0, { aaaa, hostname: 'fra.example', url: 'https://fra.example' })
  const result = await check?.probe(makeTarget({ endpoint, host: null }), new AbortController().signal)
  const found = /exit status 0: (.*)/.exec(result?.detail ?? '')?.[1] ?? ''
  assert.ok(
    found.startsWith('NEARCAST_ADDRESS=192.0.2.1 NEARCAST_ADDRESSES=192.0.2.1 2001:db8::1 NEARCAST_CHECK=web'),
    found,
  )
  const expected = [
    ['NEARCAST_SERVICE', 'api'],
    ['NEARCAST_ENDPOINT', 'fra'],
    ['NEARCAST_HOSTNAME', 'fra.example'],
    ['NEARCAST_URL', 'https://fra.example'],
    ['NEARCAST_TEST_SECRET', ''],
  ] as const
  for (const [name, value] of expected) {
    const command = ['sh', '-c', `test "$${name}" = "${value}"`]
    const one = createHealthCheck({ ...BASE, kind: 'exec', command }, makeTools())
    const tested = await one?.probe(makeTarget({ endpoint, host: null }), new AbortController().signal)
    assert.equal(tested?.outcome, 'pass', name)
  }
})

test('what is off, pushes or counts is not probed', () => {
  const off = createHealthCheck({ ...BASE, kind: 'exec', command: ['true'] }, makeTools({ exec: 'off' }))
  assert.equal(off, null)
  const others = [
    { kind: 'heartbeat', expireSeconds: 30, tokenSha256: '' },
    { kind: 'all', of: ['a'] },
    { kind: 'any', of: ['a'] },
    { kind: 'atLeast', n: 1, of: ['a'] },
    { kind: 'not', of: 'a' },
  ] as const
  for (const action of others) assert.equal(createHealthCheck({ ...BASE, ...action }, makeTools()), null, action.kind)
})
