import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseJsonPath, selectJson } from '../../../src/domain/json-path.ts'

/** The examples of RFC 9535, figure 1 and sections 1.5 and 2.3 to 2.5, without filters; and odd ones. */

const store = {
  book: [
    { author: 'Rees', price: 8.95 },
    { author: 'Waugh', price: 12.99 },
    { author: 'Melville', isbn: '1', price: 8.99 },
    { author: 'Tolkien', isbn: '2', price: 22.99 },
  ],
  bicycle: { price: 399 },
}
const shop = { store }
const odd = {
  o: { 'j j': { 'k.k': 3 } },
  "'": { '@': 2 },
  é: 1,
  _a: 5,
  list: ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
  none: null,
}
const nested = { o: { j: 1, k: 2 }, a: [5, 3, [{ j: 4 }, { k: 6 }]] }

const rows: [path: string, value: unknown, found: readonly unknown[]][] = [
  ['$', 7, [7]],
  ['$.store.book[*].author', shop, ['Rees', 'Waugh', 'Melville', 'Tolkien']],
  ['$..author', shop, ['Rees', 'Waugh', 'Melville', 'Tolkien']],
  ['$.store..price', shop, [8.95, 12.99, 8.99, 22.99, 399]],
  ['$..book[2].author', shop, ['Melville']],
  ['$..book[2].publisher', shop, []],
  ['$..book[-1].author', shop, ['Tolkien']],
  ['$..book[0,1].author', shop, ['Rees', 'Waugh']],
  ['$..book[:2].author', shop, ['Rees', 'Waugh']],
  ["$.o['j j']", odd, [{ 'k.k': 3 }]],
  ["$.o['j j']['k.k']", odd, [3]],
  ['$.o["j j"]["k.k"]', odd, [3]],
  [`$["'"]["@"]`, odd, [2]],
  [`$['\\'']['@']`, odd, [2]],
  [`$["\\u0027"]["@"]`, odd, [2]],
  ['$.é', odd, [1]],
  ['$._a', odd, [5]],
  ['$.none', odd, [null]],
  ['$.list[1]', odd, ['b']],
  ['$.list[-2]', odd, ['f']],
  ['$.list[7]', odd, []],
  ['$.list[-8]', odd, []],
  ['$.list[1:3]', odd, ['b', 'c']],
  ['$.list[5:]', odd, ['f', 'g']],
  ['$.list[1:5:2]', odd, ['b', 'd']],
  ['$.list[5:1:-2]', odd, ['f', 'd']],
  ['$.list[::-1]', odd, ['g', 'f', 'e', 'd', 'c', 'b', 'a']],
  ['$.list[::0]', odd, []],
  ['$.list[-100:100:3]', odd, ['a', 'd', 'g']],
  ['$.list[ 0 , 0 ]', odd, ['a', 'a']],
  ['$.list[0:2,5]', odd, ['a', 'b', 'f']],
  ['$.list.length', odd, []],
  ['$.list["0"]', odd, []],
  ['$.o[0]', odd, []],
  ['$.o.*', nested, [1, 2]],
  ['$.o[*, *]', nested, [1, 2, 1, 2]],
  ['$..j', nested, [1, 4]],
  ['$..[0]', nested, [5, { j: 4 }]],
  ['$.a..[0, 1]', nested, [5, 3, { j: 4 }, { k: 6 }]],
  ['$.__proto__', {}, []],
  ['$.constructor', {}, []],
  ['$.a', 'a', []],
  ['$.length', 'text', []],
]
for (const [path, value, found] of rows) {
  test(`path ${path}`, () => {
    const parsed = parseJsonPath(path) ?? assert.fail('cannot be read')
    assert.deepEqual(selectJson(parsed, value), found)
  })
}

const bad = [
  '',
  'a',
  '.a',
  '@.a',
  ' $',
  '$ ',
  '$.',
  '$..',
  '$a',
  '$.1a',
  '$[',
  '$[]',
  '$[a]',
  '$[01]',
  '$[-0]',
  '$[1',
  '$["a]',
  '$[\'a"]',
  '$[1.5]',
  '$[?@.a]',
  '$.a b',
  '$[1,]',
  '$[9999999999999999]',
  "$['\\x']",
  `$${'.a'.repeat(250)}`,
]
for (const path of bad) {
  test(`no path: ${path.slice(0, 20)}`, () => assert.equal(parseJsonPath(path), null))
}

test('a path over a large document finds a bounded number of nodes', () => {
  const wide = Array.from({ length: 1000 }, () => Array.from({ length: 30 }, () => [1]))
  const path = parseJsonPath('$..*..*..*[0,0,0,0]..*') ?? assert.fail()
  assert.ok(selectJson(path, wide).length <= 100_000)
})

test('a document may be nested as deep as it is long', () => {
  const deep = JSON.parse('['.repeat(32_000) + ']'.repeat(32_000))
  assert.equal(selectJson(parseJsonPath('$..a') ?? assert.fail(), deep).length, 0)
})

test('whatever the text, it is a path or none; whatever the value, something or nothing is found', () => {
  const piece = fc.constantFrom('$', '.', '..', '[', ']', '*', 'a', '"a"', "'b'", '0', '-1', ':', ',', ' ', '\\')
  const text = fc.oneof(
    fc.string(),
    fc.array(piece).map((pieces) => `$${pieces.join('')}`),
  )
  fc.assert(
    fc.property(text, fc.jsonValue(), (path, value) => {
      const parsed = parseJsonPath(path)
      if (parsed !== null) assert.ok(Array.isArray(selectJson(parsed, value)))
    }),
  )
})
