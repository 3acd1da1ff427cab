import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openBalancers } from '../../../src/app/dns-balancers.ts'
import type { FrontParts } from '../../../src/app/front-parts.ts'
import { createLogger } from '../../../src/app/logger.ts'
import { createMetrics } from '../../../src/http/admin/metrics.ts'
import { manualClock } from '../../helpers/manual-clock.ts'
import { good } from './config-given.ts'

test('what balancers do wrong is counted each time, and logged at most once a second', async () => {
  const clock = manualClock(1_000_000)
  const lines: string[] = []
  const log = Object.assign(createLogger('silent', 'json'), { warn: (line: string) => lines.push(line) })
  const metrics = createMetrics('test')
  const { config } = good({ flags: { dnsProxyFrom: '192.0.2.0/24' } })
  const balancers = openBalancers({ config, metrics, nowMs: clock.nowMs, log } as unknown as FrontParts)
  assert.equal(balancers.networks.length, 1)
  for (const _ of [1, 2, 3]) balancers.onRefused('one was dropped')
  clock.advance(999)
  balancers.onRefused('one was dropped')
  clock.advance(1)
  balancers.onRefused('another was dropped')
  clock.advance(5_000)
  balancers.onRefused('one more was dropped')
  assert.deepEqual(lines, [
    'DNS: one was dropped',
    'DNS: another was dropped (and 3 since the last time)',
    'DNS: one more was dropped',
  ])
  assert.match(await metrics.registry.metrics(), /^nearcast_dns_proxy_refused_total 6$/m)
})
