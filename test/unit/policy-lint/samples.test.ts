import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Client } from '../../../src/domain/client.ts'
import { NOWHERE } from '../../../src/domain/place.ts'
import { createPlanner } from '../../../src/engine/plan.ts'
import { distanceView } from '../../../src/latency/distance-view.ts'
import { lint } from '../../../src/policy/lint/lint.ts'
import { runPolicyTests } from '../../../src/policy/run-tests.ts'
import { fakeGeo } from '../../helpers/geo.ts'
import { describeProblem, loadSet } from '../../helpers/policies.ts'

/** The sample policies, which people copy: they must be without fault, and do what their comments say. */

const DIRECTORY = new URL('../../../policies/', import.meta.url)
const FILES = readdirSync(DIRECTORY).filter((name) => name.endsWith('.yaml'))
const TEXTS = Object.fromEntries(FILES.map((name) => [name, readFileSync(new URL(name, DIRECTORY), 'utf8')]))
const set = loadSet(TEXTS)

for (const [name, text] of Object.entries(TEXTS)) {
  test(`${name} opens with the editor's line and says what it shows`, () => {
    const [first, second, third] = text.split('\n')
    assert.equal(first, '# yaml-language-server: $schema=../schemas/policy.schema.json')
    assert.equal(second, '#')
    assert.match(third ?? '', /^# [A-Z]/)
  })
}

test('the rules find nothing in the samples', () => assert.deepEqual(lint(set).map(describeProblem), []))

test('each sample of a service carries tests, and all hold', () => {
  for (const { service, tests } of set.policies) assert.ok(tests.length > 0, `${service} has no tests`)
  const geo = fakeGeo([
    { cidr: '11.0.0.0/16', country: 'US', subdivision: 'VA', lat: 39, lon: -77.5 },
    { cidr: '11.1.0.0/16', country: 'US', subdivision: 'CA', lat: 37.3, lon: -121.9 },
    { cidr: '11.2.0.0/16', country: 'KR', lat: 35.2, lon: 129 },
  ])
  assert.deepEqual(runPolicyTests(set, geo, 0).map(describeProblem), [])
})

const CITIES: readonly (readonly [city: string, country: string, lat: number, lon: number, endpoint: string])[] = [
  ['Ashburn', 'US', 39.25, -77.25, 'virginia'],
  ['San Jose', 'US', 37.25, -121.75, 'california'],
  ['Frankfurt', 'DE', 50.25, 8.75, 'frankfurt'],
  ['Tokyo', 'JP', 35.75, 139.75, 'tokyo'],
  ['São Paulo', 'BR', -23.75, -46.75, 'saopaulo'],
  ['Sydney', 'AU', -33.75, 151.25, 'sydney'],
  ['Johannesburg', 'ZA', -26.25, 28.25, 'saopaulo'],
]

for (const [city, country, lat, lon, endpoint] of CITIES) {
  test(`api: whoever is in ${city} gets ${endpoint}, whatever the draw`, () => {
    const policy = set.policies.find(({ service }) => service === 'api')
    assert.ok(policy)
    const location = { ...NOWHERE, country, point: { lat, lon }, precision: 'city' as const }
    const client: Client = { frontEnd: 'dns', location, network: null, request: null }
    const { lists } = createPlanner(policy, { endpoints: [], latency: distanceView, unreachable: [] }, 0).plan(client)
    assert.deepEqual(
      lists.map(([first]) => policy.endpoints[first ?? -1]?.id),
      [endpoint],
    )
  })
}
