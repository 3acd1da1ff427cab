import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codeOf, filesIn, importsOf } from './sources.ts'

const importRows: [name: string, text: string, specifiers: string[]][] = [
  ['default', "import a from './a.ts'", ['./a.ts']],
  ['named, over lines', "import {\n  a,\n  b as c,\n} from './a.ts'\n", ['./a.ts']],
  ['types only', "import type { A } from './a.ts'", ['./a.ts']],
  ['side effect', "import './a.ts'", ['./a.ts']],
  [
    're-export',
    "export { a } from './a.ts'\nexport * from './b.ts'\nexport * as c from './c.ts'",
    ['./a.ts', './b.ts', './c.ts'],
  ],
  ['dynamic', "const a = await import('./a.ts')", ['./a.ts']],
  ['type of a module', "type A = import('./a.ts').A", ['./a.ts']],
  ['package', 'import { parse } from "yaml"', ['yaml']],
  ['two on a line', "import a from 'a'; import b from 'b'", ['a', 'b']],
  ['in a comment', "// import a from './a.ts'\n/* import './b.ts' */", []],
  ['in a string', 'const text = "import a from \'./a.ts\'"', []],
  ['in a template', "const text = `import a from './a.ts'`", []],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
  ['in code of a template', "const text = `${await import('./a.ts')} {`; import('./b.ts')", ['./a.ts', './b.ts']],
  ['a union of strings', "export type From = 'a' | 'b'\nexport const from = 'c'", []],
  [
    'after a regular expression with a quote',
    "const quote = /'/\nimport a from './a.ts'\nconst b = /[/'\"]/g.test('x')",
    ['./a.ts'],
  ],
  ['after a division', "const half = a / 2; const other = b / 3\nimport('./a.ts')", ['./a.ts']],
]

for (const [name, text, specifiers] of importRows) {
  test(`imports: ${name}`, () => {
    assert.deepEqual(
      importsOf({ path: 'src/x.ts', text }).map((found) => found.specifier),
      specifiers,
    )
  })
}

test('a relative import is resolved below the repository, a package is not', () => {
  const text = "import a from '../../domain/a.ts'\nimport b from 'node:fs'"
  assert.deepEqual(importsOf({ path: 'src/dns/fastpath/x.ts', text }), [
    { specifier: '../../domain/a.ts', target: 'src/domain/a.ts' },
    { specifier: 'node:fs', target: null },
  ])
})

test('code is what is left without comments and contents of strings, line by line', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
  const text = "const a = 'Date.now()' // Date.now()\n/* Date\n.now() */ f(`Date.now() ${Date.now()}`)\n"
  const code = codeOf({ path: 'src/x.ts', text })
  assert.equal(code.match(/Date\.now/g)?.length, 1)
  assert.equal(code.split('\n').length, text.split('\n').length)
})

test('the repository has sources', () => {
  assert.ok(filesIn(['src'], ['.ts']).some((file) => file.path === 'src/domain/policy.ts'))
})
