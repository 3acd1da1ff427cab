import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAX_TARGET_OCTETS, parseHost, parseRequestHead, routedTarget } from '../../../src/http/request-head.ts'

const hosts: readonly (readonly [text: string, host: string | null])[] = [
  ['api.example', 'api.example'],
  ['API.Example', 'api.example'],
  ['api.example:8080', 'api.example'],
  ['api.example.', 'api.example'],
  ['api.example.:80', 'api.example'],
  ['api.example:', 'api.example'],
  ['_sip.api.example', '_sip.api.example'],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ['localhost', 'localhost'],
  ['192.0.2.1:80', '192.0.2.1'],
  ['[2001:db8::1]:80', '[2001:db8::1]'],
  ['[::ffff:192.0.2.1]', '[::ffff:192.0.2.1]'],
  ['', null],
  ['.', null],
  ['..', null],
  ['api..example', null],
  ['.api.example', null],
  [':80', null],
  ['api.example:99999', null],
  ['api.example:123456', null],
  ['api.example:80:80', null],
  ['api.example:http', null],
  ['user@api.example', null],
  ['api.example/evil', null],
  ['api.example?x', null],
  ['api.example#x', null],
  ['api example', null],
  ['api.example, evil.example', null],
  ['b\xfccher.example', null],
  ['<script>', null],
  ['[::1', null],
  ['[not-an-address]', null],
  ['%61pi.example', null],
  [`${'a'.repeat(64)}.example`, null],
  [`${'a.'.repeat(126)}ab`, null],
]

for (const [text, host] of hosts) {
  test(`host ${JSON.stringify(text.slice(0, 40))} is ${host}`, () => assert.equal(parseHost(text), host))
}

interface TargetRow {
  readonly url: string
  readonly host?: string
  /** Raw path, raw query, and the path as policies see it; or the status that refuses it. */
  readonly expect: readonly [string, string, string] | number
}

const targets: readonly TargetRow[] = [
  { url: '/', expect: ['/', '', '/'] },
  { url: '/?', expect: ['/', '?', '/'] },
  { url: '/a/b?x=1&y=%2F', expect: ['/a/b', '?x=1&y=%2F', '/a/b'] },
  { url: '/a%20b', expect: ['/a%20b', '', '/a b'] },
  { url: '/caf%C3%A9', expect: ['/caf%C3%A9', '', '/café'] },
  { url: '/caf\xc3\xa9', expect: ['/caf\xc3\xa9', '', '/café'] },
  { url: '/%ff', expect: ['/%ff', '', '/\ufffd'] },
  { url: '/%61dmin', expect: ['/%61dmin', '', '/admin'] },
  { url: '/a/../admin', expect: ['/a/../admin', '', '/admin'] },
  { url: '/a/%2e%2E/admin', expect: ['/a/%2e%2E/admin', '', '/admin'] },
  { url: '/a/.%2e/b/.', expect: ['/a/.%2e/b/.', '', '/b/'] },
  { url: '/a/b/..', expect: ['/a/b/..', '', '/a/'] },
  { url: '/a//../b', expect: ['/a//../b', '', '/a/b'] },
  { url: '/.../b', expect: ['/.../b', '', '/.../b'] },
  { url: '/.well-known/x', expect: ['/.well-known/x', '', '/.well-known/x'] },
  { url: '//evil.example/x', expect: ['//evil.example/x', '', '//evil.example/x'] },
  { url: '/?q=100%', expect: ['/', '?q=100%', '/'] },
  { url: '/..', expect: 400 },
  { url: '/../etc', expect: 400 },
  { url: '/a/../../etc', expect: 400 },
  { url: '/%2e%2e/etc', expect: 400 },
  { url: '/100%', expect: 400 },
  { url: '/%zz', expect: 400 },
  { url: '/%2', expect: 400 },
  { url: '*', expect: 400 },
  { url: '', expect: 400 },
  { url: 'a/b', expect: 400 },
  { url: '?x', expect: 400 },
  { url: 'api.example:443', expect: 400 },
  { url: 'http://api.example/a?b', expect: ['/a', '?b', '/a'] },
  { url: 'HTTP://API.example:80/a', expect: ['/a', '', '/a'] },
  { url: 'https://api.example', expect: ['/', '', '/'] },
  { url: 'https://api.example?x', expect: ['/', '?x', '/'] },
  { url: 'http://evil.example/a', expect: 400 },
  { url: 'http://api.example@evil.example/a', expect: 400 },
  { url: 'http://evil.example\\@api.example/a', expect: 400 },
  { url: 'http:///a', expect: 400 },
  { url: 'ftp://api.example/a', expect: 400 },
  { url: 'javascript:alert(1)', expect: 400 },
  {
    url: `/${'a'.repeat(MAX_TARGET_OCTETS - 1)}`,
    expect: [`/${'a'.repeat(MAX_TARGET_OCTETS - 1)}`, '', `/${'a'.repeat(MAX_TARGET_OCTETS - 1)}`],
  },
  { url: `/${'a'.repeat(MAX_TARGET_OCTETS)}`, expect: 414 },
]

for (const { url, expect } of targets) {
  test(`target ${JSON.stringify(url.slice(0, 40))}`, () => {
    const parsed = parseRequestHead({ httpVersion: '1.1', rawHeaders: ['Host', 'api.example'] }, url)
    if (typeof expect === 'number') {
      assert.equal(parsed.ok ? null : parsed.problem.status, expect)
    } else {
      assert.ok(parsed.ok)
      const [rawPath, rawQuery, path] = expect
      assert.deepEqual(parsed.head, { host: 'api.example', target: { rawPath, rawQuery, path } })
    }
  })
}

const heads: readonly (readonly [name: string, rawHeaders: readonly string[], ok: boolean])[] = [
  ['one Host', ['hOsT', 'api.example'], true],
  ['none', ['Accept', '*/*'], false],
  ['two that differ', ['Host', 'api.example', 'Host', 'evil.example'], false],
  ['two alike', ['Host', 'api.example', 'host', 'api.example'], false],
  ['an empty one', ['Host', ''], false],
  ['the word as a value', ['Accept', 'host', 'Host', 'api.example'], true],
]

for (const [name, rawHeaders, ok] of heads) {
  test(`Host header: ${name}`, () =>
    assert.equal(parseRequestHead({ httpVersion: '1.1', rawHeaders: [...rawHeaders] }, '/').ok, ok))
}

test('routes see the path of an absolute-form target', () => {
  assert.equal(routedTarget('http://api.example/v1/services?x'), '/v1/services?x')
  assert.equal(routedTarget('http://api.example'), '/')
  assert.equal(routedTarget('/v1/about'), '/v1/about')
  assert.equal(routedTarget('*'), '*')
})
