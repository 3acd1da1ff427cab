import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { STEP_KINDS } from '../../../src/domain/policy.ts'
import { CHECKS } from '../../../src/policy/checks/registry.ts'
import { policyJsonSchema } from '../../../src/policy/schema.ts'
import { parseYaml } from '../../../src/policy/yaml-document.ts'

const ROOT = new URL('../../../', import.meta.url)
const validate = new Ajv2020({ strict: false, allErrors: true }).compile(policyJsonSchema())

function parsed(text: string): unknown {
  const parse = parseYaml({ path: 'x', text })
  return parse.ok ? parse.document.value : undefined
}

const filesIn = (folder: string): string[] =>
  readdirSync(new URL(folder, ROOT))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => `${folder}/${name}`)
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8')

for (const path of [...filesIn('policies'), ...filesIn('test/vectors/policies/good')]) {
  test(`accepts ${path}`, () => {
    const accepted = validate(parsed(read(path)))
    assert(accepted, JSON.stringify(validate.errors?.slice(0, 5), null, 1))
  })
}

/** Rules about form; the others need more than the schema can say. */
const FORM = new Set(['unknown-key', 'missing-key', 'wrong-type', 'bad-value', 'unknown-step', 'unknown-document'])

for (const path of filesIn('test/vectors/policies/bad')) {
  const rows = read(path.replace(/\.yaml$/, '.problems.jsonl'))
    .trimEnd()
    .split('\n')
  if (!rows.some((row) => FORM.has((JSON.parse(row) as { rule: string }).rule))) continue
  const value = parsed(read(path))
  if (value !== undefined) test(`rejects ${path}`, () => assert(!validate(value)))
}

test('a zone may have its name servers in a master file', () => {
  assert(validate(parsed('zone: a.example\nfile: a.example.zone')))
  assert(validate(parsed('zone: a.example\nfile: a.example.zone\nns: [ns.b.example]\nrecords: []')))
})

const SERVICE = 'service: a\nendpoints: { e: { a: 192.0.2.1 } }\n'
const REJECTED: readonly string[] = [
  `${SERVICE}steer: [{ nearest: { withn: 300km } }]`,
  `${SERVICE}steer: [take]`,
  `${SERVICE}steer: [{ up: , hard: true }]`,
  `${SERVICE}steer: [{ up: , when: { contry: DE } }]`,
  `${SERVICE}steer: [{ up: , when: { country: germany } }]`,
  `${SERVICE}steer: [{ up: , when: {} }]`,
  `${SERVICE}steer: [{ keep: {} }]`,
  `${SERVICE}steer: [{ up: , take: 1 }]`,
  `${SERVICE}steer: []\nchecks: { web: { http: /, tcp: 1 } }`,
  `${SERVICE}steer: []\nchecks: { web: { heartbeat: 30s } }`,
  `${SERVICE}steer: []\nchecks: { web: { not: [a] } }`,
  'checks: { both: { all: [a, b] } }',
  `${SERVICE}steer: []\nttl: 30`,
  `${SERVICE}steer: []\nttl: 30 seconds`,
  'service: a\nsteer: []\nendpoints: {}',
  'zone: a.example',
  'zone: a.example\nns: [b.example]\nrecords: [{ name: x, type: SPF, value: x }]',
  'sites: { a: { lat: 91, lon: 0, country: DE } }',
  'tenants: { a: { b: 5 } }',
]

for (const text of REJECTED) {
  test(`rejects ${JSON.stringify(text)}`, () => {
    const value = parsed(text)
    assert(value !== undefined && !validate(value))
  })
}

/** What this test reads of a JSON Schema. */
interface Form {
  readonly anyOf?: readonly Form[]
  readonly properties?: Readonly<Record<string, Form>>
  readonly description?: string
}

test('editors find a sentence for every kind of check and each of its keys', () => {
  const { check } = policyJsonSchema().$defs as Record<'check', Form>
  const kinds = check.anyOf ?? []
  assert.equal(kinds.length, Object.keys(CHECKS).length)
  for (const { description = '', properties = {} } of kinds) {
    assert.notEqual(description, '')
    for (const [name, property] of Object.entries(properties)) {
      const own = property.description ?? property.anyOf?.find((form) => form.description)?.description
      assert(own !== undefined || '$ref' in property, `${description} ${name}`)
    }
  }
})

test('editors find a sentence for every step and every key of `when`', () => {
  const { step, when } = policyJsonSchema().$defs as Record<'step' | 'when', Form>
  const named = (step.anyOf ?? []).flatMap(({ properties = {} }) => Object.entries(properties))
  for (const kind of STEP_KINDS) {
    assert(
      named.some(([name, { description = '' }]) => name === kind && description !== ''),
      kind,
    )
  }
  for (const [name, { description = '' }] of Object.entries(when.properties ?? {}))
    assert.notEqual(description, '', name)
})
