import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { LearnedAddresses } from '../../../src/dns/alias-addresses.ts'
import { type AliasProblem, createAliasResolver } from '../../../src/dns/alias-resolver.ts'
import { aliasTargets } from '../../../src/dns/alias-targets.ts'
import { compileZones } from '../../../src/dns/zones.ts'
import { formatAddress } from '../../../src/domain/address.ts'
import { dnsSnapshot } from '../../helpers/dns-fixture.ts'
import { type FakeAnswer, type FakeQuestion, fakeResolver } from '../../helpers/fake-resolver.ts'
import { manualClock } from '../../helpers/manual-clock.ts'

const A = 1
const SOA = 6
const NAME = 'target.test'

const a = (address: string, rest: object = {}) => ({ type: A, address, ...rest })
const soa = {
  type: SOA,
  primary: 'ns.test',
  admin: 'x.test',
  serial: 1,
  refresh: 1,
  retry: 1,
  expiration: 1,
  minimum: 30,
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await setImmediate()
}

/** What is known, with expiry in seconds of the clock. */
const known = (learned: LearnedAddresses | null | undefined) =>
  learned === null || learned === undefined ? null : [learned.addresses.map(formatAddress), learned.validUntilMs / 1000]

async function resolverOver(t: TestContext, says: (question: FakeQuestion) => FakeAnswer) {
  const upstream = await fakeResolver(says)
  const clock = manualClock()
  const problems: AliasProblem[] = []
  const resolver = createAliasResolver({
    servers: [upstream.server],
    nowMs: clock.nowMs,
    schedule: clock.schedule,
    dice: () => 0x80000000,
    onProblem: (problem) => problems.push(problem),
  })
  t.after(() => {
    resolver.close()
    upstream.close()
  })
  /** Turns the clock to the next refresh and waits until it is over: then the one after it is scheduled. */
  const refresh = async (ms: number): Promise<void> => {
    clock.advance(ms)
    assert.equal(clock.pending(), 0)
    await until(() => clock.pending() === 1)
  }
  return { upstream, clock, problems, resolver, refresh }
}

test('a tracked name is resolved, and again before it expires', async (t) => {
  let last = 1
  const { resolver, clock, upstream, refresh, problems } = await resolverOver(t, ({ type }) =>
    type === 'A'
      ? { answers: [a(`192.0.2.${last}`, { ttl: 100 })] }
      : { authorities: [{ ...soa, ttl: 200, minimum: 200 }] },
  )
  assert.equal(resolver.addresses(NAME), null)
  resolver.track([NAME])
  assert.deepEqual(resolver.addresses(NAME)?.a, null)
  await until(() => clock.pending() === 1)
  assert.deepEqual(known(resolver.addresses(NAME)?.a), [['192.0.2.1'], 100])
  assert.deepEqual(known(resolver.addresses(NAME)?.aaaa), [[], 200])
  last = 2
  // Half-way through the jitter: 75% and half of another 20%.
  clock.advance(84_999)
  assert.equal(upstream.asked.length, 2)
  await refresh(1)
  assert.deepEqual(known(resolver.addresses(NAME)?.a), [['192.0.2.2'], 185])
  assert.deepEqual(problems, [])
})

test('what fails keeps the last good, is reported, and is tried again with growing pauses', async (t) => {
  let rcode = 0
  const { resolver, clock, refresh, problems } = await resolverOver(t, ({ type }) =>
    rcode === 0 ? { answers: type === 'A' ? [a('192.0.2.1')] : [] } : { header: { rcode } },
  )
  resolver.track([NAME])
  await until(() => clock.pending() === 1)
  rcode = 3
  await refresh(300_000)
  for (const pause of [3750, 7500, 15_000, 30_000, 45_000, 45_000]) {
    const before = problems.length
    clock.advance(pause - 1)
    assert.equal(clock.pending(), 1, `not before ${pause} ms`)
    await refresh(1)
    assert.equal(problems.length, before + 1)
  }
  assert.deepEqual(known(resolver.addresses(NAME)?.a), [['192.0.2.1'], 300])
  assert.equal(problems[0]?.serving, 'lastGood')
  assert.match(problems[0]?.message ?? '', /^A from 127\.0\.0\.1 port \d+: NXDOMAIN/)
  rcode = 0
  await refresh(45_000)
  assert.equal(known(resolver.addresses(NAME)?.a)?.[1], clock.nowMs() / 1000 + 300)
})

test('a name that loses all its addresses keeps the last good', async (t) => {
  let answers: object[] = [a('192.0.2.1')]
  const { resolver, clock, refresh, problems } = await resolverOver(t, ({ type }) => ({
    answers: type === 'A' ? answers : [],
  }))
  resolver.track([NAME])
  await until(() => clock.pending() === 1)
  answers = []
  await refresh(300_000)
  assert.deepEqual(known(resolver.addresses(NAME)?.a)?.[0], ['192.0.2.1'])
  assert.match(problems[0]?.message ?? '', /no addresses any more/)
})

test('one family may fail without the other', async (t) => {
  const { resolver, clock, problems } = await resolverOver(t, ({ type }) =>
    type === 'A' ? { answers: [a('192.0.2.1')] } : { header: { rcode: 2 } },
  )
  resolver.track([NAME])
  await until(() => clock.pending() === 1)
  assert.deepEqual(known(resolver.addresses(NAME)?.a)?.[0], ['192.0.2.1'])
  assert.equal(resolver.addresses(NAME)?.aaaa, null)
  assert.match(problems[0]?.message ?? '', /^AAAA from .*SERVFAIL/)
})

test('upstream TTLs are taken within 5 s and 1 h', async (t) => {
  const { resolver, clock } = await resolverOver(t, ({ name, type }) => ({
    answers: type === 'A' ? [a('192.0.2.1', { ttl: name === 'short.test' ? 0 : 1e6 })] : [],
  }))
  resolver.track(['short.test', 'long.test'])
  await until(() => clock.pending() === 2)
  assert.equal(known(resolver.addresses('short.test')?.a)?.[1], 5)
  assert.equal(known(resolver.addresses('long.test')?.a)?.[1], 3600)
})

test('names that are not tracked any more are forgotten; those that stay keep what is known', async (t) => {
  const { resolver, clock, upstream } = await resolverOver(t, () => ({ answers: [], authorities: [soa] }))
  resolver.track(['one.test', 'two.test'])
  await until(() => clock.pending() === 2)
  resolver.track(['two.test', 'three.test'])
  await until(() => clock.pending() === 2)
  assert.equal(resolver.addresses('one.test'), null)
  assert.notEqual(resolver.addresses('two.test')?.a, null)
  assert.equal(upstream.asked.filter(({ name }) => name === 'two.test').length, 2)
  resolver.close()
  assert.equal(clock.pending(), 0)
})

test('many names are asked a few at a time, and all of them', async (t) => {
  const { resolver, clock, upstream } = await resolverOver(t, ({ type }) => ({
    answers: type === 'A' ? [a('192.0.2.1')] : [],
  }))
  const names = Array.from({ length: 50 }, (_, index) => `n${index}.test`)
  resolver.track(names)
  await until(() => clock.pending() === names.length)
  assert.equal(upstream.asked.length, 2 * names.length)
  assert.ok(names.every((name) => resolver.addresses(name)?.a?.addresses.length === 1))
})

test('a second resolver is asked when the first one fails; without any that is the problem', async (t) => {
  const bad = await fakeResolver(() => ({ header: { rcode: 5 } }))
  const good = await fakeResolver(({ type }) => ({ answers: type === 'A' ? [a('192.0.2.1')] : [] }))
  const clock = manualClock()
  const problems: AliasProblem[] = []
  const common = {
    nowMs: clock.nowMs,
    schedule: clock.schedule,
    dice: () => 0,
    onProblem: (it: AliasProblem) => problems.push(it),
  }
  const two = createAliasResolver({ ...common, servers: [bad.server, good.server] })
  const none = createAliasResolver({ ...common, servers: [] })
  t.after(() => {
    for (const it of [two, none, bad, good]) it.close()
  })
  two.track([NAME])
  await until(() => clock.pending() === 1)
  assert.deepEqual(known(two.addresses(NAME)?.a)?.[0], ['192.0.2.1'])
  assert.equal(problems.length, 0)
  none.track([NAME])
  await until(() => clock.pending() === 2)
  assert.deepEqual(problems, [{ name: NAME, message: 'no resolver is configured', serving: 'nothing' }])
})

test('the names to resolve are those that an answer may need, and no others', () => {
  assert.deepEqual([...aliasTargets(dnsSnapshot.set, compileZones(dnsSnapshot.set, 1))].sort(), [
    'stale.elsewhere.test',
    'target.child.geo.example',
    'target.elsewhere.test',
    'unknown.elsewhere.test',
  ])
  // A service whose hostnames are always CNAMEs needs none.
  const { set } = dnsSnapshot
  const policies = set.policies
    .filter(({ service }) => service === 'hosts')
    .map((policy) => ({ ...policy, names: { ...policy.names, dns: ['hosts.geo.example'] } }))
  const zones = set.zones.map((zone) => ({ ...zone, records: zone.records.filter(({ type }) => type !== 'ALIAS') }))
  const without = { ...set, policies, zones }
  assert.deepEqual(aliasTargets(without, compileZones(without, 1)), [])
})
