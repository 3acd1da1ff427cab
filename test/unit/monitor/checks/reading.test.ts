import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type MetricName, parseMetricName } from '../../../../src/domain/metric-name.ts'
import { CouldNotAskError } from '../../../../src/monitor/checks/attempt.ts'
import { createPatternJudge } from '../../../../src/monitor/checks/pattern.ts'
import { readMetric } from '../../../../src/monitor/checks/prometheus.ts'
import { errorWords, shown } from '../../../../src/monitor/checks/words.ts'

const name = (text: string): MetricName => parseMetricName(text) ?? assert.fail(text)

const metrics: [what: string, page: string, metric: string, value: number | null][] = [
  ['alone', 'load 0.5', 'load', 0.5],
  ['with a timestamp', 'load 0.5 1395066363000\n', 'load', 0.5],
  ['with an exemplar', 'load_bucket{le="1"} 17 # {trace="a b"} 0.5\n', 'load_bucket', 17],
  ['behind others', '# TYPE load gauge\nloads 1\nload_x 2\n load 3\nload 4\n', 'load', 4],
  ['with DOS line ends', 'load 4\r\nother 5\r\n', 'load', 4],
  ['with an exponent', 'load 1.5e+3', 'load', 1500],
  ['negative', 'load -2', 'load', -2],
  ['several: their sum', 'load{cpu="0"} 1\nload{cpu="1"} 2\n', 'load', 3],
  ['one of several', 'load{cpu="0"} 1\nload{cpu="1"} 2\n', 'load{cpu="1"}', 2],
  ['labels in another order', 'load{a="1",b="2"} 7', 'load{b="2",a="1"}', 7],
  ['a final comma', 'load{a="1",} 7', 'load{a="1"}', 7],
  ['a brace and a quote in a label', 'load{a="}\\" 9"} 7', 'load', 7],
  ['a label that is not there', 'load{a="1"} 7', 'load{b="1"}', null],
  ['a label of every object', 'load 7', 'load{constructor="1"}', null],
  ['not there', 'x 1\n', 'load', null],
  ['an empty page', '', 'load', null],
  ['NaN', 'load NaN', 'load', null],
  ['infinite', 'load +Inf', 'load', null],
  ['too large', 'load 1e999', 'load', null],
  ['no number', 'load up', 'load', null],
  ['no number at all', 'load', 'load', null],
  ['labels without end', 'load{a="1" 7', 'load', null],
]
for (const [what, page, metric, value] of metrics) {
  test(`metric: ${what}`, () => assert.equal(readMetric(page, name(metric)), value))
}

test('metric: long lines of anything are read in time that grows with their length', () => {
  for (const piece of ['load{', 'load{a="', 'load{a="b",', 'load{"', 'load\\', 'load{a="\\"', 'load 1']) {
    const page = `load{${piece.repeat(65_536 / piece.length)}`
    assert.equal(readMetric(page, name('load')), null)
  }
})

test('metric: whatever the page, there is a number or none', () => {
  const line = fc.oneof(fc.string(), fc.constantFrom('load 1', 'load{a="b"} 2', 'load{', 'load NaN', '# EOF'))
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const found = readMetric(lines.join('\n'), name('load'))
      assert.ok(found === null || Number.isFinite(found))
    }),
  )
})

const patterns: [source: string, text: string, fault: RegExp | null][] = [
  ['ok', 'it is ok', null],
  ['^ok$', 'it is ok', /^the body does not match \/\^ok\$\/$/],
  ['a.b', 'a\nb', null],
  ['^\\p{Lu}', 'Ä', null],
  ['(ok|warm)?$', 'warm', null],
  ['^(?:ok|warm)$', 'cold', /does not match/],
  ['^\\d+ .*up', '7 days up', null],
  ['^(a|b){3}$', 'aba', null],
  ['^(.)\\1$', 'ab', /does not match/],
  ['[', '[', /is no regular expression$/],
  ['(?<a>x)\\k<b>', 'x', /is no regular expression$/],
]
for (const [source, text, fault] of patterns) {
  test(`pattern: ${source}`, () => {
    const found = createPatternJudge(source, () => 0)(text)
    if (fault === null) assert.equal(found, null)
    else assert.match(found ?? '', fault)
  })
}

test('pattern: one that takes too long is given up, and rests; others do not', () => {
  let nowMs = 0
  const hard = createPatternJudge('(a+)+$', () => nowMs)
  const easy = createPatternJudge('b', () => nowMs)
  const text = `${'a'.repeat(60)}b`
  assert.match(hard(text) ?? '', /was given up after 20 ms$/)
  assert.throws(() => hard('a'), /rests, because it took more than 20 ms/)
  assert.equal(easy(text), null)
  nowMs = 1999
  assert.throws(() => hard('a'), CouldNotAskError)
  nowMs = 2000
  assert.equal(hard('a'), null)
  assert.match(hard(text) ?? '', /was given up/)
})

const errors: [error: unknown, words: string][] = [
  [
    Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' }),
    'the connection was refused: nothing listens there',
  ],
  [
    Object.assign(new Error('D0B4:error:0A00010B:SSL'), { code: 'ERR_SSL_X', reason: 'wrong version number' }),
    'TLS: wrong version number',
  ],
  [new Error('self-signed\u001b[2J certificate'), 'self-signed [2J certificate'],
  [Object.assign(new Error(''), { code: 'EODD' }), 'EODD'],
  [new Error(''), 'Error'],
  ['text', 'text'],
  [undefined, 'undefined'],
]
for (const [error, words] of errors) {
  test(`error in words: ${words}`, () => assert.equal(errorWords(error), words))
}

test('what is shown is one short line', () => {
  assert.equal(shown('a\r\n\u202eb\0'), 'a b')
  assert.equal(shown('x'.repeat(120)), 'x'.repeat(120))
  assert.equal(shown('x'.repeat(121)), `${'x'.repeat(119)}…`)
  assert.ok(shown(`${'x'.repeat(118)}🚀🚀`).isWellFormed())
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 150 }),
      (text) => !/\p{Cc}/u.test(shown(text)) && shown(text).length <= 120,
    ),
  )
})
