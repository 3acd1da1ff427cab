import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunningNode } from '../../../src/app/node.ts'
import { bannerText } from '../../../src/cli/commands/banner.ts'
import type { Io } from '../../../src/cli/io.ts'
import { dnsSnapshot } from '../../helpers/dns-fixture.ts'
import { good } from '../app/config-given.ts'

const LISTENERS: RunningNode['listeners'] = [
  { frontEnd: 'dns', transport: 'udp', address: '127.0.0.1:53', workers: 2 },
  { frontEnd: 'dns', transport: 'tcp', address: '127.0.0.1:53' },
  { frontEnd: 'dot', transport: 'tls', address: '[::1]:853' },
  { frontEnd: 'doh', transport: 'https', address: '127.0.0.1:443' },
  { frontEnd: 'admin', transport: 'tcp', address: '127.0.0.1:9090' },
]

const HEALTH = ['up', 'down', 'up'].map((health) => ({ health }))

test('the banner says what listens where, one row a front end', () => {
  const node = { listeners: LISTENERS, snapshot: () => dnsSnapshot, health: () => HEALTH } as unknown as RunningNode
  const io = { paint: (_style: string, text: string) => text } as unknown as Io
  const lines = bannerText(node, good({}).config, io, 1200).split('\n')
  assert.deepEqual(lines.slice(2, 6), [
    '  dns        127.0.0.1:53 udp (2 worker threads) and tcp',
    '  dot        [::1]:853 DNS over TLS',
    '  doh        https://127.0.0.1:443/dns-query',
    '  admin      http://127.0.0.1:9090',
  ])
  assert.ok(lines.includes('  health     3 endpoints: 2 up, 1 down (nearcast status)'), lines.join('\n'))
})
