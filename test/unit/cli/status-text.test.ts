import assert from 'node:assert/strict'
import { test } from 'node:test'
import { healthText, outText } from '../../../src/cli/commands/status-text.ts'
import type { Io } from '../../../src/cli/io.ts'
import type { EndpointHealth, TargetHealth } from '../../../src/domain/health.ts'
import type { StatusDocument } from '../../../src/http/admin/status.ts'

const NOW_MS = 1_000_000
const io = { paint: (_colour: string, text: string) => text } as Io

const target = (given: Partial<TargetHealth>, detail?: string, atMs = NOW_MS): TargetHealth => ({
  check: 'web',
  address: '192.0.2.1',
  health: 'up',
  notProbed: null,
  source: 'probe',
  sinceMs: NOW_MS,
  last:
    detail === undefined
      ? []
      : [
          {
            outcome: 'pass',
            detail,
            timings: { connectMs: null, tlsMs: null, firstByteMs: null, totalMs: 3 },
            warnings: [],
            load: {},
            atMs,
          },
        ],
  successesInARow: 0,
  failuresInARow: 0,
  nextProbeMs: null,
  heldUntilMs: null,
  ...given,
})

/** The endpoint's line, from its health and its targets. */
const rows: readonly (readonly [
  name: string,
  health: EndpointHealth['health'],
  targets: readonly TargetHealth[],
  said: RegExp,
])[] = [
  ['no checks', 'unknown', [], / no checks /],
  ['one target', 'up', [target({}, 'status 200')], /1\/1 +status 200, 3 ms, 0 s ago/],
  ['not probed yet', 'unknown', [target({ health: 'unknown' })], / not probed yet /],
  ['not probed', 'unknown', [target({ health: 'unknown', notProbed: 'multicast' })], / multicast /],
  [
    'of two addresses the one that is down, whichever answered last',
    'degraded',
    [target({}, 'status 200'), target({ address: '192.0.2.2', health: 'down' }, 'refused', NOW_MS - 2000)],
    /1\/2 +web 192\.0\.2\.2: refused, 3 ms, 2 s ago/,
  ],
  [
    'of two checks the one that is degraded',
    'degraded',
    [target({ check: 'slow', health: 'degraded' }, 'too slow', NOW_MS - 5000), target({ health: 'down' }, 'refused')],
    / slow 192\.0\.2\.1: too slow/,
  ],
  [
    'of any of two checks the one that is up, not the composite',
    'up',
    [
      target({ health: 'down' }, 'refused'),
      target({ check: 'tcp' }, 'connected', NOW_MS - 2000),
      target({ check: 'either', source: 'composite', address: null }),
    ],
    / tcp 192\.0\.2\.1: connected/,
  ],
  [
    'a composite that says the reverse of its check',
    'down',
    [
      target({ check: 'maintenance' }, 'it is on'),
      target({ check: 'in-use', source: 'composite', address: null, health: 'down' }),
    ],
    / maintenance 192\.0\.2\.1: it is on/,
  ],
  [
    'no heartbeat yet',
    'unknown',
    [target({ source: 'heartbeat', address: null, health: 'unknown' })],
    /0\/1 +no heartbeat yet /,
  ],
  [
    'a heartbeat, which took no time',
    'up',
    [target({ source: 'heartbeat', address: null }, 'it says up', NOW_MS - 3000)],
    / it says up, 3 s ago /,
  ],
  ['as before', 'up', [target({ source: 'lastRun' })], / as the node knew it when it ran last /],
  [
    'held',
    'down',
    [target({ health: 'down', heldUntilMs: NOW_MS + 60_000 }, 'status 200')],
    /status 200, 3 ms, 0 s ago; it flaps, and is held down for another 60 s/,
  ],
]

for (const [name, health, targets, said] of rows) {
  test(`the line of an endpoint: ${name}`, () => {
    const endpoint = { service: 'api', endpoint: 'one', health, sinceMs: NOW_MS, targets, load: [] }
    const [, line] = healthText([endpoint], new Map(), { nowMs: NOW_MS, detail: 'endpoints' }, io).split('\n')
    assert.match(`${line}`, said)
  })
}

test('a composite is not said to wait for a probe', () => {
  const targets = [target({}, 'status 200'), target({ check: 'ready', address: null, source: 'composite' })]
  const endpoint = { service: 'api', endpoint: 'one', health: 'up', sinceMs: NOW_MS, targets, load: [] } as const
  const text = healthText([endpoint], new Map(), { nowMs: NOW_MS, detail: 'probes' }, io)
  assert.match(text, /^ {2}ready .* goes by other checks/m)
})

const known = { endpoint: 'one', enabled: true, health: 'degraded', override: null, out: 'too few' }
const OUT: readonly (readonly [name: string, known: object, lines: number])[] = [
  ['for a reason that no column shows', {}, 1],
  ['down', { health: 'down' }, 0],
  ['by an override', { override: 'drain' }, 0],
  ['disabled', { enabled: false }, 0],
  ['not at all', { out: null }, 0],
]

for (const [name, given, lines] of OUT) {
  test(`left out: ${name}`, () => {
    const status = { services: [{ service: 'api', endpoints: [{ ...known, ...given }] }] } as unknown as StatusDocument
    assert.equal(outText(status, undefined).length, lines)
    assert.equal(outText(status, 'api').length, lines)
    assert.equal(outText(status, 'other').length, 0)
  })
}
