import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatPrefix, type IpPrefix, parsePrefix } from '../../../src/domain/address.ts'
import type { Unreachable } from '../../../src/domain/facts.ts'
import { createUnreachability, type UnreachabilityReport } from '../../../src/latency/unreachability.ts'

const AT = 1_000_000_000
const MINUTE = 60_000

function prefix(text: string): IpPrefix {
  const parsed = parsePrefix(text)
  assert.ok(parsed.ok, text)
  return parsed.prefix
}

/** `192.0.2.0/24 64500 x` is unreachable for one that says `x`, and reached by one that says `o`. */
function reportOf(text: string, atMs: number, endpoint = 'one'): UnreachabilityReport {
  const [cidr = '', asn, sign] = text.split(' ')
  const outcome = sign === 'x' ? 'unreachable' : 'ok'
  return { service: 'api', endpoint, prefix: prefix(cidr), asn: Number(asn), outcome, atMs }
}

const policyOf = (endpoints: number, service = 'api') => ({
  service,
  endpoints: ['one', 'two', 'three', 'four', 'five', 'six', 'seven'].slice(0, endpoints).map((id) => ({ id })),
})
const THREE = [policyOf(3)]

const nameOf = ({ network }: Unreachable): string =>
  'asn' in network ? `AS${network.asn}` : formatPrefix(network.prefix)

/** `0 AS64500` for each, sorted. */
const wordsOf = (facts: ReadonlyMap<string, readonly Unreachable[]>, service = 'api'): readonly string[] =>
  (facts.get(service) ?? []).map((each) => `${each.endpoint} ${nameOf(each)}`).sort()

const ALICE = '10.0.0.0/24 64500'
const BOB = '10.0.16.0/24 64500'
const CAROL = '10.0.32.0/24 64500'
const DAVE = '10.0.48.0/24 64500'
const SAYS = (who: string, sign: string) => `${who} ${sign}`

const rows: readonly (readonly [name: string, reports: readonly string[], expected: readonly string[]])[] = [
  ['nothing', [], []],
  ['one failure is a chance', [SAYS(ALICE, 'x')], []],
  ['two are a prefix’s own trouble', [SAYS(ALICE, 'x'), SAYS(ALICE, 'x')], ['0 10.0.0.0/24']],
  ['as often reached as not', [SAYS(ALICE, 'x'), SAYS(ALICE, 'o'), SAYS(ALICE, 'x'), SAYS(ALICE, 'o')], []],
  ['more often not', [SAYS(ALICE, 'o'), SAYS(ALICE, 'x'), SAYS(ALICE, 'x')], ['0 10.0.0.0/24']],
  ['a hundred of one prefix speak for it alone', new Array(100).fill(SAYS(ALICE, 'x')), ['0 10.0.0.0/24']],
  ['two prefixes are no quorum', [SAYS(ALICE, 'x'), SAYS(BOB, 'x')], []],
  ['three of three /20s are one', [SAYS(ALICE, 'x'), SAYS(BOB, 'x'), SAYS(CAROL, 'x')], ['0 AS64500']],
  ['three of two /20s are none', [SAYS(ALICE, 'x'), SAYS(BOB, 'x'), '10.0.31.0/24 64500 x'], []],
  ['three /20s of three ASes are none', [SAYS(ALICE, 'x'), '10.0.16.0/24 64501 x', '10.0.32.0/24 64502 x'], []],
  [
    'without an AS there is no quorum',
    ['10.0.0.0/24 0 x', '10.0.16.0/24 0 x', '10.0.32.0/24 0 x', '10.0.32.0/24 0 x'],
    ['0 10.0.32.0/24'],
  ],
  [
    'the AS speaks for its prefixes',
    [SAYS(ALICE, 'x'), SAYS(ALICE, 'x'), SAYS(BOB, 'x'), SAYS(CAROL, 'x')],
    ['0 AS64500'],
  ],
  [
    'one that reaches it does not hinder three',
    [SAYS(DAVE, 'o'), SAYS(ALICE, 'x'), SAYS(BOB, 'x'), SAYS(CAROL, 'x')],
    ['0 AS64500'],
  ],
  [
    'two that reach it do',
    [SAYS(DAVE, 'o'), '10.0.64.0/24 64500 o', SAYS(ALICE, 'x'), SAYS(BOB, 'x'), SAYS(CAROL, 'x')],
    [],
  ],
  [
    'IPv6: three of three /40s',
    ['2001:db8:1::/48 64500 x', '2001:db8:100::/48 64500 x', '2001:db8:200::/48 64500 x'],
    ['0 AS64500'],
  ],
  ['IPv6: three of one /40', ['2001:db8:1::/48 64500 x', '2001:db8:2::/48 64500 x', '2001:db8:3::/48 64500 x'], []],
  ['both families together', [SAYS(ALICE, 'x'), SAYS(BOB, 'x'), '2001:db8:1::/48 64500 x'], ['0 AS64500']],
]
for (const [name, reports, expected] of rows) {
  test(`unreachable: ${name}`, () => {
    const ledger = createUnreachability()
    for (const text of reports) ledger.add(reportOf(text, AT))
    const facts = ledger.facts(THREE, AT)
    assert.deepEqual(wordsOf(facts), expected)
    assert.equal(facts.has('api'), expected.length > 0)
    const expiry = expected.length > 0 ? AT + 10 * MINUTE : null
    assert.deepEqual(ledger.nextExpiryMs(), expiry)
    for (const { expiresAtMs } of facts.get('api') ?? []) assert.equal(expiresAtMs, expiry)
  })
}

test('reports of more than five minutes apart are no quorum', () => {
  const ledger = createUnreachability()
  ledger.add(reportOf(SAYS(ALICE, 'x'), AT))
  ledger.add(reportOf(SAYS(BOB, 'x'), AT + 4 * MINUTE))
  ledger.add(reportOf(SAYS(CAROL, 'x'), AT + 5 * MINUTE + 1))
  assert.deepEqual(wordsOf(ledger.facts(THREE, AT + 6 * MINUTE)), [])
  ledger.add(reportOf(SAYS(ALICE, 'x'), AT + 6 * MINUTE))
  assert.deepEqual(wordsOf(ledger.facts(THREE, AT + 6 * MINUTE)), ['0 AS64500'])
})

test('it ends after ten minutes, and those that still cannot reach it begin it anew', () => {
  const ledger = createUnreachability()
  for (const who of [ALICE, BOB, CAROL]) ledger.add(reportOf(SAYS(who, 'x'), AT))
  assert.deepEqual(wordsOf(ledger.facts(THREE, AT + 10 * MINUTE - 1)), ['0 AS64500'])
  assert.deepEqual(wordsOf(ledger.facts(THREE, AT + 10 * MINUTE)), [])
  assert.equal(ledger.nextExpiryMs(), null)
  for (const who of [ALICE, BOB, CAROL]) ledger.add(reportOf(SAYS(who, 'x'), AT + 11 * MINUTE))
  assert.deepEqual(wordsOf(ledger.facts(THREE, AT + 11 * MINUTE)), ['0 AS64500'])
  assert.equal(ledger.nextExpiryMs(), AT + 21 * MINUTE)
})

test('those who reach it again lift it early; one of an AS is not enough', () => {
  const ledger = createUnreachability()
  for (const who of [ALICE, BOB, CAROL]) ledger.add(reportOf(SAYS(who, 'x'), AT))
  // The complaints are older than five minutes, and nobody is sent there any more who could repeat them.
  ledger.add(reportOf(SAYS(DAVE, 'o'), AT + 6 * MINUTE))
  assert.deepEqual(wordsOf(ledger.facts(THREE, AT + 6 * MINUTE)), ['0 AS64500'])
  ledger.add(reportOf(SAYS(ALICE, 'o'), AT + 6 * MINUTE))
  assert.deepEqual(wordsOf(ledger.facts(THREE, AT + 6 * MINUTE)), [])

  const own = createUnreachability()
  for (const sign of ['x', 'x']) own.add(reportOf(SAYS(ALICE, sign), AT))
  own.add(reportOf(SAYS(ALICE, 'o'), AT + MINUTE))
  assert.deepEqual(wordsOf(own.facts(THREE, AT + MINUTE)), ['0 10.0.0.0/24'])
  own.add(reportOf(SAYS(ALICE, 'o'), AT + MINUTE))
  assert.deepEqual(wordsOf(own.facts(THREE, AT + MINUTE)), [])
})

const limits: readonly (readonly [endpoints: number, demoted: number])[] = [
  [1, 0],
  [2, 1],
  [3, 1],
  [5, 1],
  [6, 2],
  [7, 2],
]
for (const [endpoints, demoted] of limits) {
  test(`of ${endpoints} endpoints ${demoted} may be demoted for one network, the first`, () => {
    const ledger = createUnreachability()
    const [{ endpoints: all }] = [policyOf(endpoints)]
    for (const { id } of all) {
      for (const who of [ALICE, BOB, CAROL]) ledger.add(reportOf(SAYS(who, 'x'), AT, id))
      for (const sign of ['x', 'x']) ledger.add(reportOf(`198.51.100.0/24 0 ${sign}`, AT, id))
    }
    const expected = all.slice(0, demoted).flatMap((_, index) => [`${index} 198.51.100.0/24`, `${index} AS64500`])
    assert.deepEqual(wordsOf(ledger.facts([policyOf(endpoints)], AT)), expected)
  })
}

test('a prefix and its AS share one limit', () => {
  const ledger = createUnreachability()
  for (const who of [ALICE, BOB, CAROL]) ledger.add(reportOf(SAYS(who, 'x'), AT, 'one'))
  for (const endpoint of ['two', 'three', 'four']) {
    for (const sign of ['x', 'x']) ledger.add(reportOf(SAYS(ALICE, sign), AT, endpoint))
  }
  assert.deepEqual(wordsOf(ledger.facts([policyOf(6)], AT)), ['0 AS64500', '1 10.0.0.0/24'])
})

test('the same facts are the same object, and follow the policy’s numbers', () => {
  const ledger = createUnreachability()
  const none = ledger.facts(THREE, AT)
  assert.equal(ledger.facts([policyOf(2)], AT), none)
  for (const sign of ['x', 'x']) ledger.add(reportOf(SAYS(ALICE, sign), AT, 'two'))
  const facts = ledger.facts(THREE, AT)
  assert.deepEqual(wordsOf(facts), ['1 10.0.0.0/24'])
  for (const sign of ['x', 'o', 'x']) ledger.add(reportOf(SAYS(BOB, sign), AT + 1, 'two'))
  ledger.add(reportOf(SAYS(ALICE, 'x'), AT + 1, 'two'))
  assert.deepEqual(wordsOf(ledger.facts(THREE, AT + 1)), ['1 10.0.0.0/24', '1 10.0.16.0/24'])
  const two = ledger.facts(THREE, AT + 2)
  assert.equal(ledger.facts([...THREE, policyOf(3, 'other')], AT + 2), two)
  const turned = { service: 'api', endpoints: [{ id: 'two' }, { id: 'one' }] }
  assert.deepEqual(wordsOf(ledger.facts([turned], AT + 2)), ['0 10.0.0.0/24', '0 10.0.16.0/24'])
  assert.deepEqual(wordsOf(ledger.facts([{ service: 'api', endpoints: [{ id: 'one' }, { id: 'new' }] }], AT + 2)), [])
})

test('one service’s trouble leaves another’s facts the same object', () => {
  const policies = [policyOf(3), policyOf(3, 'other')]
  const ledger = createUnreachability()
  for (const sign of ['x', 'x']) ledger.add({ ...reportOf(SAYS(ALICE, sign), AT), service: 'other' })
  const before = ledger.facts(policies, AT).get('other')
  for (const sign of ['x', 'x']) ledger.add(reportOf(SAYS(ALICE, sign), AT))
  const facts = ledger.facts(policies, AT)
  assert.equal(facts.get('other'), before)
  assert.deepEqual(wordsOf(facts), ['0 10.0.0.0/24'])
})

test('a clock that is set back leaves nothing for ever', () => {
  const ledger = createUnreachability()
  for (const sign of ['x', 'x']) ledger.add(reportOf(SAYS(ALICE, sign), AT))
  assert.deepEqual(wordsOf(ledger.facts(THREE, AT - 60 * MINUTE)), [])
})

/** Every prefix of 10.0.0.0/8 and more, one after the other. */
const nth = (index: number): string => `${10 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}.0/24`

test('however many complain, the facts of a service stay bounded', () => {
  const ledger = createUnreachability()
  for (let index = 0; index < 2_000; index++) {
    // No two of an AS: prefixes alone.
    for (const sign of ['x', 'x']) ledger.add(reportOf(`${nth(index * 16)} ${index + 1} ${sign}`, AT))
  }
  assert.equal(ledger.facts(THREE, AT).get('api')?.length, 128)
  for (let asn = 0; asn < 200; asn++) {
    for (let third = 0; third < 3; third++) {
      ledger.add(reportOf(`${nth(100_000 + (asn * 3 + third) * 16)} ${70_000 + asn} x`, AT))
    }
  }
  const facts = ledger.facts(THREE, AT).get('api') ?? []
  assert.equal(facts.filter(({ network }) => 'asn' in network).length, 32)
  assert.equal(facts.length, 160)
})

test('those who praise do not crowd out those who complain', () => {
  const ledger = createUnreachability()
  for (const who of [ALICE, BOB]) ledger.add(reportOf(SAYS(who, 'x'), AT))
  for (let index = 0; index < 60_000; index++) ledger.add(reportOf(`${nth(70_000 + index)} 64999 o`, AT))
  ledger.add(reportOf(SAYS(CAROL, 'x'), AT))
  assert.deepEqual(wordsOf(ledger.facts(THREE, AT)), ['0 AS64500'])
})

/** What the rules say, over the whole history, for one endpoint and without limits. */
test('an AS is never demoted without three /20s that complained in the last quarter of an hour', () => {
  const network = fc.record({ block: fc.nat({ max: 4 }), host: fc.nat({ max: 2 }), asn: fc.constantFrom(64500, 64501) })
  const step = fc.record({ network, sign: fc.constantFrom('x', 'x', 'o'), afterMs: fc.nat({ max: 2 * MINUTE }) })
  let demoted = 0
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const ledger = createUnreachability()
      let nowMs = AT
      const complaints: { readonly asn: number; readonly block: number; readonly atMs: number }[] = []
      for (const {
        network: { block, host, asn },
        sign,
        afterMs,
      } of steps) {
        nowMs += afterMs
        ledger.add(reportOf(`10.${asn - 64500}.${block * 16 + host}.0/24 ${asn} ${sign}`, nowMs))
        if (sign === 'x') complaints.push({ asn, block, atMs: nowMs })
        for (const { network: told, expiresAtMs } of ledger.facts(THREE, nowMs).get('api') ?? []) {
          assert.ok(expiresAtMs > nowMs && expiresAtMs <= nowMs + 10 * MINUTE)
          if (!('asn' in told)) continue
          demoted++
          const beganMs = expiresAtMs - 10 * MINUTE
          const blocks = complaints.filter(
            (each) => each.asn === told.asn && each.atMs <= beganMs && beganMs - each.atMs <= 5 * MINUTE,
          )
          assert.ok(new Set(blocks.map((each) => each.block)).size >= 3)
        }
      }
    }),
    { numRuns: 300 },
  )
  assert.ok(demoted > 100, `only ${demoted}`)
})
