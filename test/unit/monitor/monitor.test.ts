import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../../../src/domain/address.ts'
import { readLastRun } from '../../../src/monitor/belief/last-run.ts'
import { draws } from '../../helpers/draws.ts'
import { manualClock } from '../../helpers/manual-clock.ts'
import { type FakeProbe, fail, pass, policiesOf, startMonitor } from '../../helpers/monitor.ts'

const CHECKS = 'web: { tcp: 80, every: 10s, timeout: 2s, fall: 3, rise: 2, retries: 0 }'
const service = (endpoints: string, checks = CHECKS, name = 'api') => `service: ${name}
names: { discovery: ${name} }
endpoints: ${endpoints}
checks: { ${checks} }
steer: [up]
`
const TWO = '{ one: { a: [10.0.0.1] }, two: { a: [10.0.0.2] } }'

test('every address is probed by itself, at its interval give or take a tenth', async () => {
  const it = startMonitor(() => pass, { dice: draws(7) })
  it.monitor.setPolicies(policiesOf(service("{ one: { a: [10.0.0.1, 10.0.0.2], aaaa: ['fd00::1'] } }")))
  await it.run(100_000)
  const hosts = [...new Set(it.probes.map(({ host }) => host))]
  assert.deepEqual(hosts.toSorted(), ['10.0.0.1', '10.0.0.2', 'fd00::1'])
  for (const host of hosts) {
    const times = it.probes.filter((probe) => probe.host === host).map(({ atMs }) => atMs)
    const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0))
    // The second comes at any time of the interval, so that those that began together part.
    assert.ok((gaps[0] ?? 0) <= 10_000, `${gaps[0]}`)
    for (const gap of gaps.slice(1)) assert.ok(gap >= 8_950 && gap <= 11_050, `${gap}`)
  }
})

test('the first round is over when all have been probed once, and what it found is told at once', async () => {
  const it = startMonitor(({ host }) => (host === '10.0.0.2' ? fail : pass))
  it.monitor.setPolicies(policiesOf(service(TWO)))
  assert.equal(it.healthOf('api', 'one'), 'unknown')
  let isOver = false
  const round = it.monitor.firstRound(5_000).then(() => {
    isOver = true
  })
  await it.run(50, 10)
  assert.equal(isOver, true)
  await round
  assert.deepEqual([it.healthOf('api', 'one'), it.healthOf('api', 'two')], ['up', 'down'])
})

test('the first round is not waited for longer than its time, and not at all where nothing is probed', async () => {
  const it = startMonitor(() => 'hang')
  it.monitor.setPolicies(policiesOf(service('{ one: { a: [10.0.0.1] }, guarded: { a: [192.0.2.1] } }')))
  let isOver = false
  void it.monitor.firstRound(1_000).then(() => {
    isOver = true
  })
  await it.run(950)
  assert.equal(isOver, false)
  await it.run(100)
  assert.equal(isOver, true)
  const idle = startMonitor(() => pass)
  idle.monitor.setPolicies(policiesOf(service('{ guarded: { a: [192.0.2.1] } }')))
  await idle.monitor.firstRound(1_000)
  assert.equal(idle.probes.length, 0)
})

test('a probe that hangs is ended at its timeout, and is a failure', async () => {
  const it = startMonitor(() => 'hang')
  it.monitor.setPolicies(policiesOf(service('{ one: { a: [10.0.0.1] } }')))
  await it.run(1_950)
  assert.equal(it.probes[0]?.signal.aborted, false)
  await it.run(150)
  assert.equal(it.probes[0]?.signal.aborted, true)
  assert.equal(it.healthOf('api', 'one'), 'down')
})

test('fall and recheck: known within seconds of the first failure; the TTL is told before', async () => {
  const state = { broken: false }
  const it = startMonitor(() => (state.broken ? fail : pass))
  it.monitor.setPolicies(policiesOf(service('{ one: { a: [10.0.0.1] } }')))
  await it.run(30_000)
  const brokenAtMs = it.clock.nowMs()
  state.broken = true
  await it.run(20_000)
  const first = it.probes.find(({ atMs }) => atMs > brokenAtMs)?.atMs ?? 0
  const changes = it.told
    .filter(({ atMs }) => atMs > brokenAtMs)
    .map(({ atMs, monitored }) => ({
      afterMs: atMs - first,
      ...monitored.get('api')?.get('one'),
    }))
  assert.deepEqual(changes[0]?.health, 'up')
  assert.ok((changes[0]?.nextChangeMs ?? 0) > first, 'the first failure tells when it may be down')
  const down = changes.find(({ health }) => health === 'down')
  assert.ok(down !== undefined && down.afterMs <= 2 * 2_500 * 1.1 + 200, `down after ${down?.afterMs} ms`)
  const kinds = it.events.map(({ check, from, to }) => `${check ?? 'endpoint'}: ${from} → ${to}`)
  assert.deepEqual(kinds, ['web: up → down', 'endpoint: up → down'])
  assert.equal(it.events[1]?.detail, 'web at 10.0.0.1: it is broken')
})

test('many changes in a moment are told together, at most every 50 ms', async () => {
  const endpoints = Array.from({ length: 100 }, (_, index) => `e${index}: { a: [10.0.0.${index}] }`).join(', ')
  const it = startMonitor(() => fail, { perSecond: 200 })
  it.monitor.setPolicies(policiesOf(service(`{ ${endpoints} }`)))
  await it.run(1_000, 1)
  const times = it.told.slice(1).map(({ atMs }) => atMs)
  assert.ok(times.length > 3)
  for (const [index, atMs] of times.slice(1).entries()) assert.ok(atMs - (times[index] ?? 0) >= 50)
})

test('what changes nothing is not told, and what did not change is the same object', async () => {
  const it = startMonitor(({ host }) => (host === '10.0.0.2' ? fail : pass))
  it.monitor.setPolicies(policiesOf(service(TWO), service('{ x: { a: [10.0.0.9] } }', CHECKS, 'other')))
  await it.run(5_000)
  const before = it.monitor.monitored()
  const { length } = it.told
  await it.run(60_000)
  const after = it.monitor.monitored()
  assert.equal(after.get('other'), before.get('other'))
  assert.equal(after.get('api')?.get('one'), before.get('api')?.get('one'))
  assert.ok(it.told.length - length <= 2, 'only what its first failures meant for the one that is down')
})

test('a new policy: targets that stay keep their belief, those that go are aborted at once and never heard of again', async () => {
  const it = startMonitor(({ host }) => (host === '10.0.0.2' ? 'hang' : fail))
  it.monitor.setPolicies(policiesOf(service(TWO)))
  await it.run(500)
  assert.equal(it.healthOf('api', 'one'), 'down')
  const hanging = it.probes.find(({ host }) => host === '10.0.0.2')
  it.monitor.setPolicies(policiesOf(service('{ one: { a: [10.0.0.1] }, three: { a: [10.0.0.3] } }')))
  assert.equal(hanging?.signal.aborted, true)
  assert.equal(it.healthOf('api', 'one'), 'down')
  assert.equal(it.healthOf('api', 'two'), null)
  await it.run(5_000)
  assert.deepEqual(
    it.probed.filter(({ target }) => target.asked.endpoint.id === 'two'),
    [],
  )
  assert.equal(it.healthOf('api', 'three'), 'down')
  const { length } = it.probes
  it.monitor.setPolicies([])
  await it.run(30_000)
  assert.equal(it.probes.length, length)
  assert.deepEqual([...it.monitor.monitored()], [])
})

test('an edited check begins anew, and what was down stays down until it is probed', async () => {
  const state = { broken: true }
  const it = startMonitor(() => (state.broken ? fail : pass))
  it.monitor.setPolicies(policiesOf(service('{ one: { a: [10.0.0.1] } }')))
  await it.run(500)
  state.broken = false
  it.monitor.setPolicies(policiesOf(service('{ one: { a: [10.0.0.1] } }', CHECKS.replace('tcp: 80', 'tcp: 81'))))
  assert.equal(it.healthOf('api', 'one'), 'down')
  await it.run(500)
  assert.equal(it.healthOf('api', 'one'), 'up')
})

test('an edit loses no news: what was found just before it, and what it makes of an endpoint itself', async () => {
  const answers = { one: pass }
  const it = startMonitor(({ endpoint }) => (endpoint.id === 'one' ? answers.one : pass))
  const strict = 'web: { tcp: 80, every: 1s, timeout: 1s, fall: 1, rise: 1, retries: 0 }'
  it.monitor.setPolicies(policiesOf(service(TWO, strict)))
  await it.run(100)
  answers.one = fail
  // The probe has failed, and nobody has been told so far.
  for (let steps = 0; steps < 500 && !it.events.some(({ check }) => check === 'web'); steps++) await it.run(10, 10)
  const wholes = () => it.events.flatMap(({ check, from, to }) => (check === null ? [`${from} → ${to}`] : []))
  assert.deepEqual(wholes(), [])
  it.monitor.setPolicies(policiesOf(service(TWO, strict).replace('steer', 'ttl: 20s\nsteer')))
  assert.deepEqual(wholes(), ['up → down'])
  assert.equal(it.events.at(-1)?.detail, 'web at 10.0.0.1: it is broken')
  it.monitor.setPolicies(policiesOf(service(TWO, 'other: { tcp: 81, every: 1s, timeout: 1s }')))
  assert.deepEqual(wholes(), ['up → down', 'down → unknown', 'up → unknown'])
  assert.equal(it.events.at(-1)?.detail, 'its policy was changed')
})

test('a clock that is set back by an hour holds up no news and no probe', async () => {
  const timers = manualClock(1_000_000)
  const wall = { offsetMs: 0 }
  const it = startMonitor(({ host }) => (host === '10.0.0.2' ? 'hang' : pass), {
    nowMs: () => timers.nowMs() + wall.offsetMs,
    schedule: timers.schedule,
  })
  const run = async (ms: number): Promise<void> => {
    for (let done = 0; done < ms; done += 50) {
      timers.advance(50)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  it.monitor.setPolicies(policiesOf(service(TWO)))
  await run(500)
  assert.deepEqual([it.healthOf('api', 'one'), it.healthOf('api', 'two')], ['up', 'unknown'])
  wall.offsetMs = -3_600_000
  await run(2_000)
  assert.equal(it.healthOf('api', 'two'), 'down')
  await run(12_000)
  assert.ok(it.probes.filter(({ host }) => host === '10.0.0.2').length > 1)
  assert.ok(it.probes.filter(({ host }) => host === '10.0.0.1').length > 1)
})

test('guarded addresses, disabled endpoints and commands are not probed, and the status says why', async () => {
  const checks = `${CHECKS}, own: { exec: [/bin/true] }`
  const it = startMonitor(() => pass)
  it.monitor.setPolicies(
    policiesOf(service('{ doc: { a: [192.0.2.1] }, off: { a: [10.0.0.1], enabled: false } }', checks)),
  )
  await it.run(20_000)
  assert.equal(it.probes.length, 0)
  const [doc, off] = it.monitor.health()
  assert.deepEqual([doc?.health, off?.health, off?.targets], ['unknown', 'unknown', []])
  assert.deepEqual(
    doc?.targets.map(({ check, notProbed }) => [check, notProbed]),
    [
      ['web', '192.0.2.1: documentation (RFC 5737); checks.allow would permit it'],
      ['own', 'commands are not run on this node (checks.exec)'],
    ],
  )
})

test('a host name is probed in the families that it has, and again when it gets another', async () => {
  const ipv6: string[] = []
  const it = startMonitor(() => pass, {
    lookUp: async (_hostname, family) =>
      (family === 4 ? ['10.0.0.1'] : ipv6).flatMap((text) => parseAddress(text) ?? []),
  })
  it.monitor.setPolicies(policiesOf(service('{ one: { hostname: a.example } }')))
  await it.run(15_000)
  assert.deepEqual([...new Set(it.probes.map(({ host }) => host))], ['a.example IPv4'])
  assert.equal(it.healthOf('api', 'one'), 'up')
  const notProbed = it.monitor.health()[0]?.targets.map((target) => target.notProbed)
  assert.deepEqual(notProbed, [null, 'a.example has no IPv6 address'])
  ipv6.push('fd00::1')
  await it.run(15_000)
  assert.deepEqual([...new Set(it.probes.map(({ host }) => host))], ['a.example IPv4', 'a.example IPv6'])
})

test('a resolver that says nothing fails the probe in time', async () => {
  const it = startMonitor(() => pass, { lookUp: () => new Promise(() => {}) })
  it.monitor.setPolicies(policiesOf(service('{ one: { hostname: a.example } }')))
  await it.run(2_500)
  assert.equal(it.healthOf('api', 'one'), 'down')
  assert.match(it.monitor.health()[0]?.targets[0]?.last[0]?.detail ?? '', /no word about a\.example/)
})

test('a kind that breaks its promise fails its probe, and not the node', async () => {
  const it = startMonitor(() => {
    throw new Error('oops')
  })
  it.monitor.setPolicies(policiesOf(service('{ one: { a: [10.0.0.1] } }')))
  await it.run(500)
  assert.equal(it.healthOf('api', 'one'), 'down')
  assert.equal(it.monitor.load().underWay, 0)
})

test('heartbeats: up with the first, down when they stay away, as they say in between', async () => {
  const it = startMonitor(() => pass)
  const token = 'a'.repeat(64)
  it.monitor.setPolicies(
    policiesOf(service('{ one: { a: [10.0.0.1] } }', `beat: { heartbeat: 30s, tokenSha256: ${token} }`)),
  )
  const beat = (status: 'up' | 'degraded' | 'down' | 'drain', load = {}) =>
    it.monitor.take({
      service: 'api',
      endpoint: 'one',
      checks: ['beat'],
      status,
      load,
      rtts: [],
      atMs: it.clock.nowMs(),
    })
  const says = async (): Promise<string | null> => {
    await it.run(100)
    return it.healthOf('api', 'one')
  }
  assert.equal(await says(), 'unknown')
  beat('up', { load: 0.5 })
  assert.equal(await says(), 'up')
  assert.deepEqual(it.monitor.monitored().get('api')?.get('one')?.load, { load: 0.5 })
  beat('degraded')
  assert.equal(await says(), 'degraded')
  beat('down')
  assert.equal(await says(), 'down')
  beat('drain')
  assert.equal(await says(), 'up')
  await it.run(29_000)
  assert.equal(it.healthOf('api', 'one'), 'up')
  await it.run(1_500)
  assert.equal(it.healthOf('api', 'one'), 'down')
  assert.match(it.events.at(-1)?.detail ?? '', /no heartbeat for 30 s/)
  it.monitor.take({ service: 'api', endpoint: 'gone', checks: ['beat'], status: 'up', load: {}, rtts: [], atMs: 0 })
  it.monitor.take({ service: 'none', endpoint: 'one', checks: ['beat'], status: 'up', load: {}, rtts: [], atMs: 0 })
})

test('the next run believes this one until it has probed, and does not wait for what it believes', async () => {
  const answer = ({ host }: FakeProbe) => (host === '10.0.0.2' ? fail : pass)
  const first = startMonitor(answer)
  first.monitor.setPolicies(policiesOf(service(TWO)))
  await first.run(1_000)
  const stored: unknown = JSON.parse(JSON.stringify(first.monitor.remember()))
  const second = startMonitor(() => 'hang', { lastRun: readLastRun(stored, first.clock.nowMs() + 1_000) })
  second.monitor.setPolicies(policiesOf(service(TWO)))
  await second.monitor.firstRound(5_000)
  assert.deepEqual([second.healthOf('api', 'one'), second.healthOf('api', 'two')], ['up', 'down'])
  assert.equal(second.monitor.health()[0]?.targets[0]?.source, 'lastRun')
  assert.deepEqual(second.events, [])
})

test('late probes are told how late they were, and none is left out', async () => {
  const it = startMonitor(() => 'hang', { atOnce: 1 })
  it.monitor.setPolicies(policiesOf(service(TWO)))
  await it.run(4_500)
  assert.deepEqual(
    it.probed.map(({ target, lateMs }) => [target.asked.endpoint.id, Math.round(lateMs / 1_000)]),
    [
      ['one', 0],
      ['two', 2],
    ],
  )
})

test('closing aborts what is under way, and leaves no timer', async () => {
  const it = startMonitor(() => 'hang')
  it.monitor.setPolicies(policiesOf(service(TWO)))
  await it.run(100)
  it.monitor.close()
  await it.run(100)
  assert.ok(it.probes.every(({ signal }) => signal.aborted))
  assert.equal(it.clock.pending(), 0)
  assert.deepEqual(it.probed, [])
})
