import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseAddress } from '../../../../src/domain/address.ts'
import type { Check } from '../../../../src/domain/check.ts'
import { appliedChecks } from '../../../../src/domain/check.ts'
import type { Endpoint } from '../../../../src/domain/endpoint.ts'
import type { Health, MonitoredFacts } from '../../../../src/domain/facts.ts'
import { believeEndpoint, type EndpointBelief } from '../../../../src/monitor/belief/endpoint-belief.ts'
import { currentLoad } from '../../../../src/monitor/belief/load.ts'
import type { Target } from '../../../../src/monitor/belief/target.ts'
import { composite, hostOf, makeCheck, makeTarget } from '../../../helpers/checks.ts'
import { makeEndpoint } from '../../../helpers/policies.ts'

const addresses = (...texts: string[]) => texts.map((text) => parseAddress(text)!)
const [A1, A2, B1] = ['192.0.2.1', '192.0.2.2', '2001:db8::1'] as const
const endpoint = makeEndpoint('one', 0, { a: addresses(A1, A2), aaaa: addresses(B1) })

const web = makeCheck('web')
const db = makeCheck('db')
const push = makeCheck('push', {}, { kind: 'heartbeat', expireSeconds: 30, tokenSha256: '' })

/** `web 192.0.2.1 +-`: check, address (`*`: the endpoint as a whole), results so far; a fourth word: not probed. */
const targetsOf = (checks: readonly Check[], lines: readonly string[]): readonly Target[] =>
  lines.map((line) => {
    const [name = '', host = '', results = '', unprobed] = line.split(' ')
    const check = checks.find((known) => known.name === name)!
    const notProbed = unprobed === undefined ? null : 'a documentation address'
    return makeTarget(check, host === '*' ? null : hostOf(host), results === '.' ? '' : results, { notProbed })
  })

const believe = (
  checks: readonly Check[],
  lines: readonly string[],
  given: { readonly endpoint?: Endpoint; readonly before?: EndpointBelief | null; readonly nowMs?: number } = {},
): EndpointBelief => {
  const { endpoint: asked = endpoint, before = null, nowMs = 1_000_000 } = given
  return believeEndpoint({
    endpoint: asked,
    checks: appliedChecks({ checks }, asked),
    targets: targetsOf(checks, lines),
    nowMs,
    before,
  })
}

interface Row {
  readonly name: string
  readonly checks: readonly Check[]
  readonly targets: readonly string[]
  readonly health: Health
  readonly down?: readonly [ipv4: readonly number[], ipv6: readonly number[]]
}

const all = composite('both', { kind: 'all', of: ['web', 'db'] })
const any = composite('either', { kind: 'any', of: ['web', 'db'] })
const two = composite('two', { kind: 'atLeast', n: 2, of: ['web', 'db', 'push'] })
const not = composite('maintenance', { kind: 'not', of: 'web' })
const notBoth = composite('nested', { kind: 'not', of: 'both' })

const rows: Row[] = [
  { name: 'no checks', checks: [], targets: [], health: 'unknown' },
  { name: 'nothing asked yet', checks: [web], targets: [`web ${A1} .`, `web ${A2} .`], health: 'unknown' },
  { name: 'all up', checks: [web], targets: [`web ${A1} +`, `web ${A2} +`, `web ${B1} +`], health: 'up' },
  {
    name: 'one address down',
    checks: [web],
    targets: [`web ${A1} +`, `web ${A2} -`, `web ${B1} +`],
    health: 'degraded',
    down: [[1], []],
  },
  {
    name: 'a family down',
    checks: [web],
    targets: [`web ${A1} +`, `web ${A2} +`, `web ${B1} -`],
    health: 'degraded',
    down: [[], [0]],
  },
  {
    name: 'all down',
    checks: [web],
    targets: [`web ${A1} -`, `web ${A2} -`, `web ${B1} -`],
    health: 'down',
    down: [[0, 1], [0]],
  },
  {
    name: 'the first result is a failure, the other addresses were not asked yet',
    checks: [web],
    targets: [`web ${A1} -`, `web ${A2} .`, `web ${B1} .`],
    health: 'degraded',
    down: [[0], []],
  },
  {
    name: 'what is not probed has no say',
    checks: [web],
    targets: [`web ${A1} -`, `web ${A2} - x`, `web ${B1} . x`],
    health: 'down',
    down: [[0], []],
  },
  { name: 'nothing is probed', checks: [web], targets: [`web ${A1} - x`, `web ${A2} - x`], health: 'unknown' },
  { name: 'a degraded address', checks: [web], targets: [`web ${A1} +`, `web ${A2} ~`], health: 'degraded' },
  {
    name: 'the worst of two checks',
    checks: [web, db],
    targets: [`web ${A1} +`, `web ${A2} +`, `db ${A1} -`, `db ${A2} -`],
    health: 'down',
    down: [[0, 1], []],
  },
  {
    name: 'two checks, each down at another address: nothing is left',
    checks: [web, db],
    targets: [`web ${A1} -`, `web ${A2} +`, `db ${A1} +`, `db ${A2} -`],
    health: 'down',
    down: [[0, 1], []],
  },
  {
    name: 'a heartbeat is of all addresses',
    checks: [web, push],
    targets: [`web ${A1} +`, `web ${A2} +`, 'push * -'],
    health: 'down',
    down: [[0, 1], []],
  },
  { name: 'a heartbeat alone', checks: [push], targets: ['push * -'], health: 'down' },
  {
    name: 'not, of a check that is down at one address only: not down as a whole, and down where it is up',
    checks: [web, not],
    targets: [`web ${A1} +`, `web ${A2} -`],
    health: 'down',
    down: [[0], []],
  },
  {
    name: 'a silent heartbeat that is not over yet',
    checks: [web, push],
    targets: [`web ${A1} +`, 'push * .'],
    health: 'up',
  },
  {
    name: 'all of two: worst',
    checks: [web, db, all],
    targets: [`web ${A1} +`, `db ${A1} -`],
    health: 'down',
    down: [[0], []],
  },
  { name: 'any of two: best', checks: [web, db, any], targets: [`web ${A1} +`, `db ${A1} -`], health: 'up' },
  {
    name: 'any of two, at each address',
    checks: [web, db, any],
    targets: [`web ${A1} +`, `db ${A1} -`, `web ${A2} -`, `db ${A2} -`],
    health: 'degraded',
    down: [[1], []],
  },
  {
    name: 'any of two, one not probed: it cannot hold up what the other denies',
    checks: [web, db, any],
    targets: [`web ${A1} - x`, `db ${A1} -`],
    health: 'down',
    down: [[0], []],
  },
  {
    name: 'two of three are up',
    checks: [web, db, push, two],
    targets: [`web ${A1} +`, `db ${A1} +`, 'push * -'],
    health: 'up',
  },
  {
    name: 'two of three, one of them degraded',
    checks: [web, db, push, two],
    targets: [`web ${A1} +`, `db ${A1} ~`, 'push * -'],
    health: 'degraded',
  },
  {
    name: 'one of three',
    checks: [web, db, push, two],
    targets: [`web ${A1} +`, `db ${A1} -`, 'push * -'],
    health: 'down',
    down: [[0], []],
  },
  {
    name: 'two of three, of one nothing is known',
    checks: [web, db, push, two],
    targets: [`web ${A1} +`, 'push * +'],
    health: 'up',
  },
  {
    name: 'two of three, only one is known: it decides',
    checks: [web, db, push, two],
    targets: [`web ${A1} +`],
    health: 'up',
  },
  { name: 'two of three, nothing is known', checks: [web, db, push, two], targets: [], health: 'unknown' },
  { name: 'not: what answers is down', checks: [web, not], targets: [`web ${A1} ~`], health: 'down', down: [[0], []] },
  { name: 'not: what does not answer is up', checks: [web, not], targets: [`web ${A1} -`], health: 'up' },
  { name: 'not: unknown stays so', checks: [web, not], targets: [], health: 'unknown' },
  { name: 'not of all', checks: [web, db, all, notBoth], targets: [`web ${A1} +`, `db ${A1} -`], health: 'up' },
]

for (const { name, checks, targets, health, down = [[], []] } of rows) {
  test(`${name}: ${health}`, () => {
    const { facts } = believe(checks, targets)
    assert.equal(facts.health, health)
    assert.deepEqual([facts.ipv4Down, facts.ipv6Down], down)
    assert.equal(facts.ipv4UpShare, (2 - down[0].length) / 2)
    assert.equal(facts.ipv6UpShare, 1 - down[1].length)
  })
}

const appliedRows: [name: string, own: string[], counted: string[], needed: string[]][] = [
  ['none named: all but those that others name', [], ['push', 'nested'], ['web', 'db', 'push', 'both', 'nested']],
  ['one named', ['web'], ['web'], ['web']],
  ['a composite named', ['nested'], ['nested'], ['web', 'db', 'both', 'nested']],
  ['a composite and one of its members', ['both', 'web'], ['web', 'both'], ['web', 'db', 'both']],
]
for (const [name, checks, counted, needed] of appliedRows) {
  test(`which checks apply: ${name}`, () => {
    const applied = appliedChecks({ checks: [web, db, push, all, notBoth] }, { checks })
    assert.deepEqual(
      [applied.counted.map((check) => check.name), applied.needed.map((check) => check.name)],
      [counted, needed],
    )
  })
}

test('a circle and a name that is not there do no harm', () => {
  const [one, other] = [
    composite('one', { kind: 'not', of: 'other' }),
    composite('other', { kind: 'any', of: ['one', 'gone'] }),
  ]
  assert.equal(believe([one, other], []).facts.health, 'unknown')
  assert.equal(believe([one, other], [], { endpoint: { ...endpoint, checks: ['one'] } }).facts.health, 'unknown')
})

test('composites of composites are each worked out once', () => {
  const layers = Array.from({ length: 60 }, (_, i) => [
    composite(`a${i + 1}`, { kind: 'all', of: [`a${i}`, `b${i}`] }),
    composite(`b${i + 1}`, { kind: 'any', of: [`a${i}`, `b${i}`] }),
  ])
  const checks = [...layers.flat().reverse(), makeCheck('a0'), makeCheck('b0')]
  assert.equal(believe(checks, [`a0 ${A1} +`, `b0 ${A1} -`]).facts.health, 'down')
})

test('an endpoint without addresses is what its name is in both families', () => {
  const named = makeEndpoint('one', 0, { a: [], hostname: 'one.example' })
  const at = (family: 4 | 6, results: string) => makeTarget(web, { hostname: 'one.example', family }, results)
  const ask = (...targets: Target[]) =>
    believeEndpoint({
      endpoint: named,
      checks: appliedChecks({ checks: [web] }, named),
      targets,
      nowMs: 0,
      before: null,
    }).facts
  assert.equal(ask(at(4, '+'), at(6, '-')).health, 'degraded')
  const down = ask(at(4, '-'), at(6, '-'))
  assert.deepEqual([down.health, down.ipv4UpShare, down.ipv6UpShare, down.ipv4Down], ['down', 1, 1, []])
})

test('the same address twice is down twice', () => {
  const twice = makeEndpoint('one', 0, { a: addresses(A1, A2, A1) })
  const { facts } = believe([web], [`web ${A1} -`, `web ${A2} +`], { endpoint: twice })
  assert.deepEqual(facts.ipv4Down, [0, 2])
})

test('nothing changed: the same facts', () => {
  const targets = [`web ${A1} +`, `web ${A2} -`]
  const first = believe([web], targets)
  const second = believe([web], targets, { before: first, nowMs: 2_000_000 })
  assert.equal(second.facts, first.facts)
  assert.deepEqual([first.sinceMs, second.sinceMs], [1_000_000, 1_000_000])
})

/** Each differs from `web A1 + / A2 -` in nothing but the one fact. */
const otherFactsRows: [name: string, change: Partial<MonitoredFacts>][] = [
  ['health', { health: 'up' }],
  ['IPv4 addresses that are down', { ipv4Down: [0] }],
  ['IPv6 addresses that are down', { ipv6Down: [0] }],
  ['share of IPv4', { ipv4UpShare: 0.75 }],
  ['share of IPv6', { ipv6UpShare: 0.75 }],
  ['a load that is gone', { load: { load: 1 } }],
  ['next change', { nextChangeMs: 3 }],
]
for (const [name, change] of otherFactsRows) {
  test(`new facts when this is all that changed: ${name}`, () => {
    const targets = [`web ${A1} +`, `web ${A2} -`]
    const given = believe([web], targets)
    const returned = { ...given, facts: { ...given.facts, returnedAtMs: 5 } }
    const same = believe([web], targets, { before: returned })
    assert.equal(same.facts, returned.facts)
    const other = { ...returned, facts: { ...returned.facts, ...change } }
    assert.notEqual(believe([web], targets, { before: other }).facts, other.facts)
  })
}

test('lists that say the same are the same when something else changed', () => {
  const failing = (nextProbeMs: number) => [
    makeTarget(web, hostOf(A1), '+--', { nextProbeMs, last: [result(999_000, { load: 1 })] }),
    makeTarget(web, hostOf(B1), '-'),
  ]
  const before = withTargets(failing(1_002_000))
  const { facts } = withTargets(failing(1_003_000), before)
  assert.equal(facts.nextChangeMs, 1_003_000)
  assert.deepEqual([facts.ipv6Down, facts.load], [[0], { load: 1 }])
  assert.equal(facts.ipv4Down, before.facts.ipv4Down)
  assert.equal(facts.ipv6Down, before.facts.ipv6Down)
  assert.equal(facts.load, before.facts.load)
})

test('new facts when a return is forgotten: what is down has not returned, whatever was stored', () => {
  const down = believe([web], [`web ${A1} -`])
  const before = { ...down, facts: { ...down.facts, returnedAtMs: 5 } }
  assert.equal(believe([web], [`web ${A1} -`], { before }).facts.returnedAtMs, null)
})

test('new facts when a metric has another value, or is reported for the first time', () => {
  const reporting = (load: Readonly<Record<string, number>>) => [loaded(A1, '+', result(999_000, load))]
  const before = withTargets(reporting({ load: 1 }))
  assert.equal(withTargets(reporting({ load: 1 }), before).facts, before.facts)
  assert.deepEqual(withTargets(reporting({ load: 2 }), before).facts.load, { load: 2 })
  assert.deepEqual(withTargets(reporting({ load: 1, cpu: 0 }), before).facts.load, { cpu: 0, load: 1 })
})

test('slow start: begins with the return, is not begun by degraded, ends with the next fall', () => {
  const story: [line: string, returnedAtMs: number | null][] = [
    [`web ${A1} +`, null],
    [`web ${A1} ~`, null],
    [`web ${A1} -`, null],
    [`web ${A1} ~`, 3],
    [`web ${A1} +`, 3],
    [`web ${A1} -`, null],
    [`web ${A1} +`, 6],
  ]
  let before: EndpointBelief | null = null
  for (const [nowMs, [line, returnedAtMs]] of story.entries()) {
    before = believe([web], [line], { before, nowMs })
    assert.equal(before.facts.returnedAtMs, returnedAtMs)
  }
})

test('a first result that is good is no return', () => {
  const before = believe([web], [`web ${A1} .`])
  assert.equal(believe([web], [`web ${A1} +`], { before }).facts.returnedAtMs, null)
})

const NO_TIMINGS = { connectMs: null, tlsMs: null, firstByteMs: null, totalMs: 1 }
const result = (atMs: number, load: Readonly<Record<string, number>>) => ({
  outcome: 'pass' as const,
  detail: '',
  timings: NO_TIMINGS,
  warnings: [],
  load,
  atMs,
})
const loaded = (address: string, results: string, ...last: ReturnType<typeof result>[]) =>
  makeTarget(web, hostOf(address), results, { last })
const withTargets = (targets: readonly Target[], before: EndpointBelief | null = null, nowMs = 1_000_000) =>
  believeEndpoint({ endpoint, checks: appliedChecks({ checks: [web] }, endpoint), targets, nowMs, before })

const loadRows: [name: string, targets: readonly Target[], load: Readonly<Record<string, number>>][] = [
  ['none', [loaded(A1, '+', result(999_000, {}))], {}],
  ['the newest', [loaded(A1, '+', result(999_000, { load: 2 }), result(990_000, { load: 9 }))], { load: 2 }],
  [
    'of several addresses the highest',
    [loaded(A1, '+', result(999_000, { load: 2 })), loaded(A2, '+', result(998_000, { load: 5 }))],
    { load: 5 },
  ],
  [
    'not of an address that is down',
    [loaded(A1, '+', result(999_000, { load: 2 })), loaded(A2, '-', result(998_000, { load: 5 }))],
    { load: 2 },
  ],
  [
    'a probe that read nothing takes nothing back',
    [loaded(A1, '+', result(999_000, {}), result(990_000, { load: 9 }))],
    { load: 9 },
  ],
  [
    'each metric for itself',
    [loaded(A1, '+', result(999_000, { cpu: 1 }), result(990_000, { load: 9, cpu: 2 }))],
    { cpu: 1, load: 9 },
  ],
  ['too old', [loaded(A1, '+', result(819_999, { load: 2 }))], {}],
  ['no number', [loaded(A1, '+', result(999_000, { load: Number.NaN, cpu: Number.POSITIVE_INFINITY }))], {}],
]
for (const [name, targets, load] of loadRows) {
  test(`load: ${name}`, () => assert.deepEqual(withTargets(targets).facts.load, load))
}

const expiryRows: [name: string, check: Check, ageMs: number, load: Readonly<Record<string, number>>][] = [
  ['3 minutes', web, 180_000, { load: 2 }],
  ['no longer', web, 180_001, {}],
  ['three intervals of a slow check', makeCheck('slow', { everySeconds: 300 }), 900_000, { load: 2 }],
  ['no longer than these', makeCheck('slow', { everySeconds: 300 }), 900_001, {}],
  ['as long as a heartbeat', { ...push, expireSeconds: 600 } as Check, 600_000, { load: 2 }],
  ['no longer than it', { ...push, expireSeconds: 600 } as Check, 600_001, {}],
]
for (const [name, check, ageMs, load] of expiryRows) {
  test(`load counts for ${name}`, () => {
    const last = [result(1_000_000 - ageMs, { load: 2 })]
    assert.deepEqual(currentLoad([makeTarget(check, null, '+', { last })], 1_000_000), load)
  })
}

test('load: while it is down, what was reported last before', () => {
  const up = withTargets([loaded(A1, '+', result(999_000, { load: 7 }))])
  const down = withTargets([loaded(A1, '-', result(999_900, {}))], up)
  assert.deepEqual([down.facts.health, down.facts.load], ['down', { load: 7 }])
  const muchLater = withTargets([loaded(A1, '-', result(9_000_000, {}))], down, 9_000_000)
  assert.equal(muchLater.facts, down.facts)
  const back = withTargets([loaded(A1, '+', result(9_001_000, { load: 1 }))], muchLater, 9_001_000)
  assert.deepEqual(back.facts.load, { load: 1 })
})

test('next change: the earliest of those under way, not in the past', () => {
  const failing = (address: string, nextProbeMs: number | null) =>
    makeTarget(web, hostOf(address), '+--', { nextProbeMs })
  const steady = makeTarget(web, hostOf(B1), '+', { nextProbeMs: 1_000_001 })
  const ask = (...targets: Target[]) => withTargets(targets).facts.nextChangeMs
  assert.equal(ask(steady), null)
  assert.equal(ask(steady, failing(A1, 1_004_000), failing(A2, 1_002_000)), 1_002_000)
  assert.equal(ask(failing(A1, 999_000)), 1_000_000)
  assert.equal(ask({ ...failing(A1, 1_002_000), notProbed: 'guarded' }), null)
})

test('composites: since when, for people', () => {
  const checks = [web, db, any]
  const first = believe(checks, [`web ${A1} +`, `db ${A1} +`], { nowMs: 1 })
  const same = believe(checks, [`web ${A1} -`, `db ${A1} +`], { nowMs: 2, before: first })
  const down = believe(checks, [`web ${A1} -`, `db ${A1} -`], { nowMs: 3, before: same })
  assert.deepEqual(same.composites, new Map([['either', { health: 'up', sinceMs: 1 }]]))
  assert.deepEqual(down.composites, new Map([['either', { health: 'down', sinceMs: 3 }]]))
})

const anyResults = fc.string({ unit: fc.constantFrom('+', '-', '~'), maxLength: 12 }).map((text) => text || '.')
test('any histories: down positions, shares and health agree', () => {
  fc.assert(
    fc.property(fc.array(anyResults, { minLength: 3, maxLength: 3 }), ([a1, a2, b1]) => {
      const { facts } = believe([web], [`web ${A1} ${a1}`, `web ${A2} ${a2}`, `web ${B1} ${b1}`])
      const down = facts.ipv4Down.length + facts.ipv6Down.length
      assert.equal(facts.health === 'down', down === 3)
      if (down > 0 && down < 3) assert.equal(facts.health, 'degraded')
      assert.ok(Math.abs(facts.ipv4UpShare * 2 + facts.ipv6UpShare - (3 - down)) < 1e-9)
    }),
  )
})
