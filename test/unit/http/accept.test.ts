import assert from 'node:assert/strict'
import { test } from 'node:test'
import { preferredType } from '../../../src/http/accept.ts'

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'

const rows: readonly (readonly [accept: string | undefined, expect: string])[] = [
  [undefined, 'text/html'],
  ['', 'text/html'],
  ['*/*', 'text/html'],
  [BROWSER, 'text/html'],
  ['application/json', 'application/json'],
  ['APPLICATION/JSON', 'application/json'],
  ['application/*', 'application/json'],
  ['application/json, */*;q=0.5', 'application/json'],
  ['text/html;q=0.5, application/json', 'application/json'],
  ['text/html;q=0, */*', 'application/json'],
  ['text/*;q=0.3, text/html;q=0.9, application/json;q=0.5', 'text/html'],
  ['application/json;charset=utf-8;q=0.2, text/html;q=0.1', 'application/json'],
  ['image/png', 'text/html'],
  ['text/html;q=0, application/json;q=0', 'text/html'],
  ['application/json;q=1.5', 'text/html'],
  ['application/json;q=', 'text/html'],
  [';;;,,,', 'text/html'],
  [`${'a/b,'.repeat(5000)}application/json`, 'text/html'],
]

for (const [accept, expect] of rows) {
  test(`Accept: ${accept?.slice(0, 60)}`, () => {
    assert.equal(preferredType(accept, ['text/html', 'application/json']), expect)
  })
}
