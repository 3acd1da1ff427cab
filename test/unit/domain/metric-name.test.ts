import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type MetricName, parseMetricName } from '../../../src/domain/metric-name.ts'

const ROWS: readonly (readonly [text: string, found: MetricName | null])[] = [
  ['node_load1', { name: 'node_load1', labels: {} }],
  ['job:load:rate5m', { name: 'job:load:rate5m', labels: {} }],
  ['load{}', { name: 'load', labels: {} }],
  ['load{zone="a"}', { name: 'load', labels: { zone: 'a' } }],
  ['load{ zone = "a" , mode="x", }', { name: 'load', labels: { zone: 'a', mode: 'x' } }],
  [String.raw`load{path="C:\\x\"\n"}`, { name: 'load', labels: { path: 'C:\\x"\n' } }],
  ['', null],
  ['1load', null],
  ['load ', null],
  ['load-1', null],
  ['load{zone}', null],
  ['load{zone=a}', null],
  ['load{zone="a"', null],
  ['load{zone="a"}}', null],
  ['load{zone="{a}"}', { name: 'load', labels: { zone: '{a}' } }],
  ['load{zone="a" mode="x"}', null],
  [String.raw`load{zone="\t"}`, null],
  ['l'.repeat(4097), null],
]

for (const [text, found] of ROWS) {
  test(`metric name ${JSON.stringify(text.slice(0, 40))}`, () => assert.deepEqual(parseMetricName(text), found))
}

test('a label of any name is a label', () => {
  const found = parseMetricName('load{__proto__="x"}')
  assert.deepEqual(Object.entries(found?.labels ?? {}), [['__proto__', 'x']])
})

test('whatever the text: a name or null', () => {
  const pieces = fc.array(fc.constantFrom('a', '{', '}', '"', '=', ',', '\\', ' ', '\n', '1'), { maxLength: 30 })
  fc.assert(fc.property(pieces, (parts) => parseMetricName(parts.join('')) === null || parts[0] === 'a'))
})
