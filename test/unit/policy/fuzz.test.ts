import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeDocument, formatProblem, loadDocuments } from '../../../src/policy/load.ts'

const GOOD = new URL('../../vectors/policies/good/', import.meta.url)
const texts = readdirSync(GOOD).map((name) => readFileSync(new URL(name, GOOD), 'utf8'))

/** Whatever the texts: a set or an error, each problem at a place that the document has, in finite words. */
function holds(...documents: string[]): void {
  const { set, problems } = loadDocuments(documents.map((text, index) => ({ path: `${index}`, text })))
  assert.equal(
    set === null,
    problems.some(({ severity }) => severity === 'error'),
  )
  for (const problem of problems) {
    const text = documents[Number(problem.at.file)]
    assert(text !== undefined)
    const lines = text.split('\n')
    assert(problem.at.line >= 1 && problem.at.line <= lines.length, formatProblem(problem))
    assert(
      problem.at.column >= 1 && problem.at.column <= (lines[problem.at.line - 1]?.length ?? 0) + 1,
      formatProblem(problem),
    )
    assert(formatProblem(problem).length < 2000)
    assert(!/undefined|\[object/.test(problem.message + problem.hint), formatProblem(problem))
  }
}

const RUNS = { numRuns: 400 }

test('arbitrary text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => holds(text)),
    RUNS,
  )
})

const PIECES = [
  'service: a',
  'zone: a.b',
  'sites:',
  'tenants:',
  'steer:',
  'endpoints:',
  '- ',
  '  ',
  '\n',
  '{',
  '}',
  '[',
  ']',
  ',',
  ': ',
  '&a ',
  '*a',
  '!!str ',
  '? ',
  '|',
  '>',
  '"',
  "'",
  '#',
  '---',
  '%',
  '~',
  '1e3',
  'up',
  '@',
  '`',
  '\t',
  '\r\n',
  '<<: ',
]

test('pieces of YAML in any order', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }), (pieces) => holds(pieces.join(''))),
    RUNS,
  )
})

const values = fc.oneof(
  fc.constantFrom(
    '~',
    '-1',
    '.nan',
    '""',
    '[]',
    '{}',
    'x',
    '1e999',
    '[[]]',
    '{ a: 1 }',
    '"\\u0000"',
    'true',
    '*x',
    '300km',
    '10%',
    '::1',
    '192.0.2.1/33',
  ),
  fc.json({ maxDepth: 2 }),
)

test('good documents with a value replaced, a line dropped, doubled or cut', () => {
  const mutation = fc.record({
    document: fc.nat(texts.length - 1),
    line: fc.nat(200),
    how: fc.constantFrom('replace', 'drop', 'double', 'cut', 'indent', 'insert'),
    value: values,
    at: fc.nat(80),
  })
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
      const documents = texts.map((text) => text.split('\n'))
      for (const { document, line, how, value, at } of mutations) {
        const lines = documents[document] ?? []
        const index = line % lines.length
        const old = lines[index] ?? ''
        switch (how) {
          case 'replace':
            lines[index] = old.replace(/(: )[^,{}[\]]+/, (_, colon) => `${colon}${value}`)
            break
          case 'drop':
            lines.splice(index, 1)
            break
          case 'double':
            lines.splice(index, 0, old)
            break
          case 'cut':
            lines[index] = old.slice(0, at)
            break
          case 'indent':
            lines[index] = ` ${old}`
            break
          case 'insert':
            lines[index] = old.slice(0, at) + value + old.slice(at)
            break
        }
      }
      holds(...documents.map((lines) => lines.join('\n')))
    }),
    // Each run reads all documents: they refer to one another.
    { numRuns: 150 },
  )
})

const key = fc.oneof(
  fc.constantFrom(
    'service',
    'zone',
    'sites',
    'tenants',
    'names',
    'endpoints',
    'steer',
    'checks',
    'tests',
    'records',
    'ns',
    'soa',
    'when',
    'up',
    'keep',
    'prefer',
    'nearest',
    'spread',
    'a',
    'aaaa',
    'url',
    'tag',
    'any',
    'not',
    'time',
    'header',
    'tenant.x',
    'onAllDown',
    'static',
    'minHealthy',
    'per',
    'value',
    'name',
    'type',
    'bias',
    'within',
    'http',
    'heartbeat',
    'exec',
    'all',
    'atLeast',
    'of',
    'body',
    'json',
    'matches',
    'headers',
    'load',
    'expect',
  ),
  fc.string({ maxLength: 5 }),
)
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom<unknown>(
      'up',
      'a',
      'x.example',
      '192.0.2.1',
      '::1',
      'DE',
      'A',
      'MX',
      1,
      -1,
      0.5,
      true,
      null,
      '10%',
      '*',
      '@',
    ),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
  ),
}))

test('JSON in the words of the language, of any form', () => {
  const kinds = fc.constantFrom('service', 'zone', 'sites', 'tenants', 'checks')
  fc.assert(
    fc.property(kinds, tree, fc.dictionary(key, tree, { maxKeys: 8 }), (kind, value, rest) => {
      holds(JSON.stringify({ [kind]: kind === 'service' || kind === 'zone' ? 'x' : value, ...rest }))
      holds(
        JSON.stringify(
          {
            service: 'x',
            endpoints: { a: { a: '192.0.2.1' }, b: value },
            steer: [value, rest, { up: {}, when: value }],
            checks: { a: value, b: rest, c: { http: value, body: rest }, d: { all: value } },
            ...rest,
          },
          null,
          1,
        ),
      )
    }),
    RUNS,
  )
})

test('arbitrary octets', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (octets) => {
      const result = decodeDocument('x', octets)
      if ('text' in result) assert.deepEqual(new TextEncoder().encode(result.text).slice(-3), octets.slice(-3))
      else assert(result.at.line >= 1 && result.at.column >= 1)
    }),
    RUNS,
  )
})
