import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readText } from './read-text.ts'

/** A text, and every problem that is told of it: line, column, rule, what was found and what was expected. */
type Row = readonly [text: string, ...problems: string[]]

const ROWS = JSON.parse(
  readFileSync(new URL('../../../vectors/master-files/faults.json', import.meta.url), 'utf8'),
) as readonly Row[]

for (const [text, ...problems] of ROWS) {
  test(JSON.stringify(text).slice(0, 90), () => {
    // Texts that speak of TTLs stand alone; the others begin on the second line.
    const head = text.startsWith('$TTL') || text.includes('SOA') ? '' : '$TTL 1h\n'
    assert.deepEqual(
      readText(head + text, { f: '' }).problems.map((problem) => problem.replace(/^f:/, '')),
      problems,
    )
  })
}

test('all problems of a file are told at once, in the order of its lines', () => {
  const { problems } = readText(
    ROWS.map(([text]) => text)
      .join('\n')
      .replaceAll('(', ''),
  )
  assert(problems.length > 90, `${problems.length} problems`)
  const rules = new Set(problems.map((problem) => problem.split(' ')[2]))
  assert(rules.size >= 15, [...rules].join(' '))
})

test('problems of a file are cut off, errors and warnings each for themselves', () => {
  const { problems } = readText(`$TTL 1h\n${'a.other. A 192.0.2.1\nb A x\n'.repeat(200)}`)
  const count = (kind: string) => problems.filter((problem) => problem.includes(` ${kind} `)).length
  assert.deepEqual([count('error'), count('warning')], [101, 101])
  assert.equal(problems.filter((problem) => problem.includes('too-many-problems')).length, 2)
})
