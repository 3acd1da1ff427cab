import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runPolicyTests } from '../../../src/policy/run-tests.ts'
import { type FakeGeoRow, fakeGeo } from '../../helpers/geo.ts'
import { describeProblem, loadSet } from '../../helpers/policies.ts'
import { documentsOf, endpoints, type Row, steer } from './documents.ts'

const CITIES: readonly FakeGeoRow[] = [
  { cidr: '11.0.0.0/16', country: 'DE', subdivision: 'BY', lat: 48.1, lon: 11.6 },
  { cidr: '11.1.0.0/16', country: 'DE', subdivision: 'BE', lat: 52.5, lon: 13.4 },
  { cidr: '12.0.0.0/9', country: 'US', subdivision: 'VA', lat: 39, lon: -77.5, asn: 64500 },
  { cidr: '12.128.0.0/9', country: 'US', subdivision: 'VA', lat: 39, lon: -77.5, asn: 64501 },
  { cidr: '13.0.0.0/16', country: 'JP', subdivision: '13', lat: 35.7, lon: 139.7 },
  // Some addresses of every country are placed abroad.
  { cidr: '13.1.0.0/16', country: 'JP', lat: 50.1, lon: 8.7 },
  { cidr: '2001:db8::/32', country: 'JP', subdivision: '13', lat: 35.7, lon: 139.7 },
]

const ROWS: readonly {
  readonly name: string
  readonly test: string
  readonly service?: Row['service']
  readonly geo?: readonly FakeGeoRow[]
  /** Severity, rule and a piece of the message; null: it passes. */
  readonly expect: readonly [severity: string, rule: string, says: string] | null
}[] = [
  { name: 'a country', test: 'from: DE, expect: eu', expect: null },
  { name: 'a glob', test: "from: DE, expect: 'e*'", expect: null },
  { name: 'a list', test: 'from: DE, expect: [ap, eu]', expect: null },
  {
    name: 'a country that gets another',
    test: 'from: DE, expect: us',
    expect: ['error', 'test-failed', 'from DE fails: it expects `us`, and gets `eu` 100%'],
  },
  {
    name: 'a country answers by its centre, though some of its addresses are abroad',
    test: 'from: JP, expect: ap',
    expect: null,
  },
  {
    name: '`never` looks at all places of a country, and at second choices',
    test: 'from: JP, never: eu',
    expect: ['error', 'test-failed', 'must never get `eu`, and among the answers is `eu` 33.3%'],
  },
  { name: '`never` of what nobody gets', test: 'from: DE, never: ap', expect: null },
  { name: 'a country that the database has nothing in', test: 'from: KR, expect: ap', expect: null },
  { name: 'a subdivision', test: 'from: US-VA, expect: us', expect: null },
  {
    name: 'a subdivision without a place',
    test: 'from: US-CA, expect: us',
    expect: ['warning', 'test-not-judged', 'from US-CA was not judged: the geo database (fake)'],
  },
  { name: 'a network', test: 'from: 11.0.0.0/15, expect: eu', expect: null },
  { name: 'an address', test: 'from: 13.0.0.1, expect: ap', expect: null },
  { name: 'an IPv6 network', test: "from: '2001:db8:7::/48', expect: ap", expect: null },
  {
    name: 'a network in two places, by their shares of the addresses',
    test: 'from: 13.0.0.0/15, expect: ap',
    expect: ['error', 'test-failed', 'and gets `ap` 50%, `eu` 50%'],
  },
  {
    name: 'a network that nobody can place gets the first',
    test: 'from: 10.0.0.0/8, expect: us',
    expect: null,
  },
  { name: 'what is down is not answered', test: 'from: DE, down: eu, expect: us', expect: null },
  { name: 'all down: the last resort', test: "from: DE, down: '*', expect: eu", expect: null },
  {
    name: 'all down, closed',
    test: "from: DE, down: '*', expect: eu",
    service: { onAllDown: 'failClosed' },
    expect: ['error', 'test-failed', 'gets nothing (nothing was left'],
  },
  {
    name: 'a fence that leaves nothing is never a wrong answer',
    test: 'from: DE, never: us',
    service: {
      steer: steer("drop: { id: '*' }\n    hard: true\n    when: { country: DE }\n    because: x", 'up', 'nearest'),
    },
    expect: null,
  },
  {
    name: 'a static target',
    test: "from: DE, down: '*', expect: eu",
    service: { onAllDown: '{ static: { a: [192.0.2.99], url: https://sorry.example } }' },
    expect: ['error', 'test-failed', 'the static target of onAllDown 100%'],
  },
  {
    name: 'a split must please the test in every part',
    test: 'from: DE, expect: eu',
    service: {
      steer: steer('up', 'prefer: [{ id: us }, { id: eu }]\n    when: { percent: 25 }', 'nearest', 'take: 1'),
    },
    expect: ['error', 'test-failed', '`eu` 75%, `us` 25%'],
  },
  {
    name: 'two ASNs in one network, where the policy asks for one',
    test: 'from: 12.0.0.0/8, expect: us',
    service: { steer: steer('up', 'prefer: [{ id: ap }, { id: us }]\n    when: { asn: 64501 }', 'nearest', 'take: 1') },
    expect: ['error', 'test-failed', '`ap` 50%'],
  },
  {
    name: 'a header is not seen: the service has DNS names, and tests ask as DNS does',
    test: 'from: DE, expect: eu',
    service: { steer: steer('up', 'keep: { id: us }\n    assume: false\n    when: { header: { x-a: b } }', 'nearest') },
    expect: null,
  },
  {
    name: 'a redirector is asked with a bare request',
    test: 'from: DE, expect: us',
    service: {
      names: '{ http: [api.example] }',
      steer: steer(
        'up',
        'keep: { id: us }\n    when: { host: api.example, path: /, not: { header: { x-a: b } } }',
        'nearest',
      ),
    },
    expect: null,
  },
  {
    name: 'a network that fails without a city database is a warning',
    test: 'from: 12.0.0.0/9, expect: ap',
    geo: [{ cidr: '12.0.0.0/8', country: 'US' }],
    expect: ['warning', 'test-failed', '`us` 100%'],
  },
  {
    name: 'a country that fails without a city database is an error',
    test: 'from: US, expect: ap',
    geo: [{ cidr: '12.0.0.0/8', country: 'US' }],
    expect: ['error', 'test-failed', '`us` 100%'],
  },
]

for (const row of ROWS) {
  test(`policy tests: ${row.name}`, () => {
    const set = loadSet(
      documentsOf({
        service: {
          endpoints: endpoints(
            'site: iad, a: [192.0.2.10], url: https://us.x.example',
            'site: fra, a: [192.0.2.20], url: https://eu.x.example',
            'site: nrt, a: [192.0.2.30], url: https://ap.x.example',
          ),
          steer: steer('up', 'nearest', 'take: 1'),
          ...row.service,
          tests: `\n  - { ${row.test} }`,
        },
      }),
    )
    const problems = runPolicyTests(set, fakeGeo(row.geo ?? CITIES), 0)
    if (row.expect === null) {
      assert.deepEqual(problems.map(describeProblem), [])
      return
    }
    const [severity, rule, says] = row.expect
    assert.deepEqual(
      problems.map((problem) => [problem.severity, problem.rule]),
      [[severity, rule]],
    )
    assert.ok(problems[0]?.message.includes(says), `${problems[0]?.message}`)
    assert.equal(problems[0]?.path, 'tests[0]')
    assert.equal(problems[0]?.at.file, 'api.yaml')
  })
}
