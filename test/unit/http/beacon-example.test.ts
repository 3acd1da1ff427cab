/** The script of docs/reports.md, run as it stands there. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import type { ServiceAnswer } from '../../../src/domain/discovery-wire.ts'
import { FRANKFURT, makeDiscovery } from './fixture.ts'

const DOCUMENT = readFileSync(fileURLToPath(new URL('../../../docs/reports.md', import.meta.url)), 'utf8')
const SCRIPT = /<script type="module">\n(.*?)<\/script>/s.exec(DOCUMENT)?.[1] ?? ''

test('the example in the documentation sends a report that is taken', async (t) => {
  const { app, reports } = makeDiscovery()
  t.after(() => app.close())
  const headers = { 'x-forwarded-for': FRANKFURT }
  const asked: string[] = []
  const { promise: sent, resolve } = Promise.withResolvers<readonly [url: string, body: string]>()
  const clock = { ms: 0 }
  const onLoad: (() => void)[] = []
  runInNewContext(SCRIPT, {
    URL,
    AbortSignal,
    // A browser throws dice; this one always reports.
    Math: { random: () => 0 },
    performance: { now: () => clock.ms },
    addEventListener: (_event: string, listener: () => void) => onLoad.push(listener),
    setTimeout: (task: () => void) => task(),
    navigator: { onLine: true, sendBeacon: (url: string, body: string) => resolve([url, body]) },
    async fetch(url: string | URL) {
      asked.push(String(url))
      const { pathname, hostname } = new URL(url)
      if (hostname === 'us.api.example') throw new TypeError('Failed to fetch')
      clock.ms += 25
      const { body } = await app.inject({ url: pathname, headers })
      return { json: () => JSON.parse(body) as ServiceAnswer }
    },
  })
  for (const listener of onLoad) listener()
  const [url, body] = await sent
  assert.equal(url, 'https://discovery.example/v1/reports')
  const frankfurt = 'https://eu.api.example:8443/favicon.ico'
  assert.deepEqual(asked.slice(1), [frankfurt, frankfurt, 'https://us.api.example/favicon.ico'])
  const type = { 'content-type': 'text/plain;charset=UTF-8' }
  const response = await app.inject({
    method: 'POST',
    url: '/v1/reports',
    headers: { ...headers, ...type },
    payload: body,
  })
  assert.equal(response.statusCode, 202, response.body)
  assert.deepEqual(reports[0]?.measurements, [
    { endpoint: 'frankfurt', outcome: 'ok', rttMs: 25 },
    { endpoint: 'virginia', outcome: 'unreachable', rttMs: null },
  ])
})
