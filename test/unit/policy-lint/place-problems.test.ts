import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lint } from '../../../src/policy/lint/lint.ts'
import { placeProblems } from '../../../src/policy/lint/place-problems.ts'
import { loadSet } from '../../helpers/policies.ts'

const DOCUMENTS = {
  'sites.yaml': `sites:
  iad: { lat: 39, lon: -77, country: US }
  fra: { lat: 50, lon: 8, country: DE }
  syd: { lat: -33, lon: 151, country: AU }
`,
  'api.yaml': `service: api
names: { dns: [api.other.example] }
endpoints:
  us: { site: iad, a: [192.0.2.1] }
  eu-1.x:
    site: fra
    a: [192.0.2.1]
checks: { web: { http: /, every: 10s } }
steer:
  - nearest
  - take: 5
ttl: 0s
`,
  'zone.yaml': `zone: geo.example
ns: { ns.other.example: [] }
records:
  - { name: www, type: CNAME, value: gone }
`,
}

const ROWS: readonly (readonly [rule: string, file: string, line: number, column: number])[] = [
  ['unused-site', 'sites.yaml', 4, 3],
  ['name-outside-zone', 'api.yaml', 2, 16],
  ['shared-address', 'api.yaml', 7, 9],
  ['missing-up', 'api.yaml', 8, 1],
  ['take-too-many', 'api.yaml', 11, 5],
  ['ttl-zero', 'api.yaml', 12, 1],
  ['single-ns', 'zone.yaml', 2, 1],
  ['dangling-target', 'zone.yaml', 4, 38],
]

const documents = Object.entries(DOCUMENTS).map(([path, text]) => ({ path, text }))
const placed = placeProblems(lint(loadSet(DOCUMENTS)), documents)

for (const [rule, file, line, column] of ROWS) {
  test(`placeProblems: ${rule} points at ${file}:${line}:${column}`, () => {
    assert.deepEqual(placed.find((problem) => problem.rule === rule)?.at, { file, line, column })
  })
}

test('placeProblems: a problem of a document that is not there stays as it is', () => {
  const [problem] = placed
  assert.ok(problem)
  assert.deepEqual(placeProblems([problem], []), [problem])
})
