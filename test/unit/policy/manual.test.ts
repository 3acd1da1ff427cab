import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { STEP_KINDS } from '../../../src/domain/policy.ts'
import * as limits from '../../../src/policy/limits.ts'
import { formatProblem, loadDocuments } from '../../../src/policy/load.ts'

const manual = readFileSync(new URL('../../../docs/policy-language.md', import.meta.url), 'utf8')
const examples = [...manual.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text)

/** What other examples refer to. */
const shared = examples.filter((text) => /^(?:sites|checks):/.test(text))
const SERVICE = `service: x
endpoints:
  frankfurt: { site: fra, a: 192.0.2.1, tags: [eu, main] }
  virginia: { site: iad, a: 192.0.2.2, tags: [us, backup] }
steer:
`

/** An example of a step stands alone: its endpoints are these. */
const documentOf = (example: string): string =>
  example.startsWith('- ') ? SERVICE + example.replaceAll(/^/gm, '  ') : example

for (const [index, example] of examples.entries()) {
  test(`example ${index + 1} of the manual is read: ${example.split('\n')[0]}`, () => {
    const beside = shared.filter((text) => text !== example).map((text, number) => ({ path: `${number}.yaml`, text }))
    const { problems } = loadDocuments([...beside, { path: 'example.yaml', text: documentOf(example) }])
    const found = problems.filter(({ rule }) => rule !== 'unused-shared-check')
    assert.deepEqual(found.map(formatProblem), [])
  })
}

test('each step has its page, with all its parts', () => {
  for (const kind of STEP_KINDS) {
    const page = manual.split(`\n### ${kind}\n`)[1]?.split(/\n##/)[0] ?? ''
    for (const part of ['Name', 'Description', 'Parameters', 'Example', 'Limits', 'Semantics from']) {
      assert(page.includes(`**${part}`), `${kind} has no ${part}`)
    }
    assert(page.includes(`\`\`\`yaml\n- ${kind}`), `${kind} has no example of its own`)
  }
})

test('the limits of the manual are those of the loader', () => {
  const section = manual.split('\n## limits\n')[1]?.split('\n## ')[0] ?? ''
  const stated = Object.entries(limits).filter(([name]) => name !== 'MAX_CHARACTER_STRING_OCTETS')
  assert(stated.length >= 14)
  for (const [name, value] of stated) assert(section.includes(value.toLocaleString('en')), `${name} ${value}`)
})
