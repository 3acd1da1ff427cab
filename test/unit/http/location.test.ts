import assert from 'node:assert/strict'
import { test } from 'node:test'
import { composeLocation } from '../../../src/http/redirect/location.ts'
import { parseRequestHead } from '../../../src/http/request-head.ts'

const rows: readonly (readonly [base: string, target: string, location: string])[] = [
  ['https://eu.example', '/', 'https://eu.example/'],
  ['https://eu.example/', '/a/b?c=d', 'https://eu.example/a/b?c=d'],
  ['https://eu.example:8443', '/a', 'https://eu.example:8443/a'],
  ['https://eu.example:443', '/a', 'https://eu.example/a'],
  ['http://[2001:db8::1]:8080/', '/a', 'http://[2001:db8::1]:8080/a'],
  ['https://eu.example/base', '/a', 'https://eu.example/base/a'],
  ['https://eu.example/base/', '/a/', 'https://eu.example/base/a/'],
  ['https://eu.example/base/', '/', 'https://eu.example/base/'],
  ['https://eu.example', '/%2F%2f%25%00', 'https://eu.example/%2F%2f%25%00'],
  ['https://eu.example', '/a%0d%0aSet-Cookie:x', 'https://eu.example/a%0d%0aSet-Cookie:x'],
  ['https://eu.example', "/a;b=c,d!$&'()*+=:@~-._", "https://eu.example/a;b=c,d!$&'()*+=:@~-._"],
  ['https://eu.example', '/?a[]=1&b={2}|^`', 'https://eu.example/?a[]=1&b={2}|^`'],
  ['https://eu.example', '/?q=100%', 'https://eu.example/?q=100%'],
  ['https://eu.example', '//evil.example/x', 'https://eu.example//evil.example/x'],
  ['https://eu.example', '/\\evil.example', 'https://eu.example/%5Cevil.example'],
  ['https://eu.example', '/@evil.example', 'https://eu.example/@evil.example'],
  ['https://eu.example', '/a#b', 'https://eu.example/a%23b'],
  ['https://eu.example', '/?a#b', 'https://eu.example/?a%23b'],
  ['https://eu.example', '/<"> \t\x7f', 'https://eu.example/%3C%22%3E%20%09%7F'],
  ['https://eu.example', '/caf\xc3\xa9?\xff', 'https://eu.example/caf%C3%A9?%FF'],
]

for (const [base, target, location] of rows) {
  test(`${base} + ${JSON.stringify(target)}`, () => {
    const parsed = parseRequestHead({ httpVersion: '1.1', rawHeaders: ['Host', 'api.example'] }, target)
    assert.ok(parsed.ok)
    const composed = composeLocation(base, parsed.head.target)
    assert.equal(composed, location)
    assert.equal(new URL(composed).origin, new URL(base).origin)
  })
}
