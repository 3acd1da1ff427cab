/** Requests of every oddity against the redirector and the discovery API: no foreign Location, no 5xx that is not meant. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parsePrefix } from '../../src/domain/address.ts'
import { clientAddress } from '../../src/http/client-address.ts'
import { composeLocation } from '../../src/http/redirect/location.ts'
import { createRedirect } from '../../src/http/redirect/redirect.ts'
import { parseRequestHead } from '../../src/http/request-head.ts'
import {
  exchange,
  frontEndDeps,
  halfClosed,
  headerOf,
  listen,
  makeDiscovery,
  POLICY_ORIGINS,
  statusOf,
} from '../unit/http/fixture.ts'

/** Pieces from which open redirects, header splitting and traversals are made. */
const PIECES = [
  '/',
  '//',
  '///',
  '\\',
  '/\\',
  '\\/',
  '.',
  '..',
  '/../',
  '%2e%2e/',
  '%2f',
  '%5c',
  '@',
  ':',
  ':80',
  '?',
  '#',
  '&',
  ';',
  '=',
  'evil.example',
  'http://evil.example',
  'https:evil.example',
  '//evil.example',
  'javascript:alert(1)',
  'data:text/html,x',
  '%0d%0a',
  '%0d%0aLocation:%20https://evil.example',
  '%00',
  '%',
  '%zz',
  '%u0041',
  '%c0%ae',
  '%e5%98%8a',
  '%EF%BC%8F',
  '\t',
  '\x0b',
  '\x7f',
  '\x80',
  '\xe3\x80\x82',
  '[::1]',
  '<script>',
  '"',
  "'",
  '`',
  '{}',
  '|',
  '^',
  'a',
  'A',
  '0',
  '~',
  '*',
  '+',
  '..;/',
  '%09',
  '%20',
  'xn--',
  '1.1.1.1',
  '0x7f.1',
  'user:pass@',
] as const

const target = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 4 })), { maxLength: 12 })
  .map((pieces) => `/${pieces.join('')}`)

const BASES = [
  'https://eu.example',
  'https://eu.example/',
  'http://eu.example:8080/base',
  'https://[2001:db8::1]:8443/a/b/',
] as const

test('no target leads out of the endpoint’s origin or above its path', () => {
  let seen = 0
  fc.assert(
    fc.property(target, fc.constantFrom(...BASES), (url, base) => {
      const parsed = parseRequestHead({ httpVersion: '1.1', rawHeaders: ['Host', 'api.example'] }, url)
      if (!parsed.ok) return
      const location = composeLocation(base, parsed.head.target)
      assert.match(location, /^[\x21-\x7e]+$/)
      const resolved = new URL(location, 'https://attacker.example/')
      const allowed = new URL(base)
      assert.equal(resolved.origin, allowed.origin)
      assert.equal(resolved.username + resolved.password + resolved.hash, '')
      const root = allowed.pathname.replace(/\/$/, '')
      assert.ok(resolved.pathname === root || resolved.pathname.startsWith(`${root}/`), resolved.pathname)
      // What a URL may hold is there as it came.
      if (/^[\w./%~?&=;:@*+|^`{}',[\]-]*$/.test(url)) assert.ok(location.endsWith(url), location)
      seen++
    }),
    { numRuns: 3000 },
  )
  assert.ok(seen > 300, `only ${seen} targets were read`)
})

/** Which statuses each front end may give to whatever comes; 5xx only where a policy of the fixture asks for it. */
const MEANT = new Set([200, 204, 302, 303, 304, 307, 308, 400, 403, 404, 405, 408, 414, 431, 503])
const HOSTS = [
  'api.example',
  'app.example',
  'a.wild.example',
  'plain.example',
  'closed.example',
  'evil.example',
  'api.example@evil.example',
  '',
  '\\',
  '[::1]',
] as const
const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS', 'TRACE', 'CONNECT', 'PRI', 'get', ''] as const

const headerText = fc.oneof(
  fc.string({ maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, '')),
  fc.constantFrom(
    'for="',
    'for=1.1.1.1',
    '1.1.1.1, 2.2.2.2',
    '[::1',
    '::ffff:1.2.3.4',
    'unknown',
    '"\\',
    ';;;',
    ',,,',
    'a=b; beta="',
    '__proto__=1',
    'q=;',
    '*/*;q=2',
  ),
)
const header = fc.tuple(
  fc.constantFrom(
    'Host',
    'X-Forwarded-For',
    'Forwarded',
    'Accept',
    'Cookie',
    'X-Tenant',
    'X-Beta',
    'If-None-Match',
    'Origin',
    'Expect',
    'Content-Length',
    'Transfer-Encoding',
    'Upgrade',
    'Range',
  ),
  headerText,
)

interface Fuzzed {
  readonly method: string
  readonly url: string
  readonly version: string
  readonly host: string
  readonly headers: readonly (readonly [string, string])[]
}

const fuzzed: fc.Arbitrary<Fuzzed> = fc.record({
  method: fc.constantFrom(...METHODS, 'GET', 'GET', 'GET'),
  url: fc.oneof(
    target,
    target.map((path) => `http://api.example${path}`),
    target.map((path) => `/v1/services${path}`),
    fc.string({ maxLength: 10 }),
  ),
  version: fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/9.9', ''),
  host: fc.constantFrom(...HOSTS, 'api.example', 'api.example'),
  headers: fc.array(header, { maxLength: 4 }),
})

const compose = ({ method, url, version, host, headers }: Fuzzed): string =>
  [
    `${method} ${url.replace(/[\r\n ]/g, '')} ${version}`,
    `Host: ${host}`,
    'Connection: close',
    ...headers.map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n')

test('whatever comes over the wire, answers are meant and lead where policies point', async (t) => {
  const { deps } = frontEndDeps()
  const redirectPort = await listen(t, createRedirect(deps))
  const discoveryPort = await listen(t, makeDiscovery().app)
  const allowed = await exchange(
    redirectPort,
    compose({ method: 'GET', url: '/', version: 'HTTP/1.1', host: 'api.example', headers: [] }),
  )
  assert.equal(statusOf(allowed), 302)
  const seen = new Map<number, number>()
  await fc.assert(
    fc.asyncProperty(fuzzed, fc.constantFrom(redirectPort, discoveryPort), async (request, port) => {
      const response = await halfClosed(port, compose(request))
      if (response === '') return
      seen.set(statusOf(response), (seen.get(statusOf(response)) ?? 0) + 1)
      assert.ok(MEANT.has(statusOf(response)), response.slice(0, 200))
      assert.ok(statusOf(response) < 500 || request.host === 'closed.example', response)
      const location = headerOf(response, 'location')
      if (location !== null)
        assert.ok(POLICY_ORIGINS.has(new URL(location, 'https://attacker.example').origin), location)
    }),
    { numRuns: 1500 },
  )
  assert.ok((seen.get(302) ?? 0) > 5 && (seen.get(400) ?? 0) > 5, `too little variety: ${JSON.stringify([...seen])}`)
})

test('no header makes the client’s address anything but the peer, a hop of the header, or a proxy', () => {
  const trusted = ['127.0.0.0/8', '10.0.0.0/8'].flatMap((text) => {
    const parsed = parsePrefix(text)
    return parsed.ok ? [parsed.prefix] : []
  })
  const hop = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.constantFrom('10.0.0.1', '127.0.0.1', 'for=10.0.0.1', 'for="[::1]"', '"', '\\', '', 'unknown'),
    fc.string({ maxLength: 8 }),
  )
  fc.assert(
    fc.property(
      fc.array(hop, { maxLength: 40 }),
      fc.ipV4(),
      fc.constantFrom('x-forwarded-for', 'forwarded'),
      (made, real, name) => {
        // The nearest proxy appends what it saw, whatever the client sent before.
        const appended = name === 'forwarded' ? `for=${real}` : real
        const client = clientAddress('127.0.0.1', { [name]: [...made, appended].join(', ') }, trusted)
        const isOurs = real.startsWith('10.') || real.startsWith('127.')
        if (!isOurs) assert.equal(client.address.bytes.join('.'), real)
        assert.equal(
          clientAddress('192.0.2.1', { [name]: made.join(', ') }, trusted).address.bytes.join('.'),
          '192.0.2.1',
        )
      },
    ),
    { numRuns: 2000 },
  )
})
