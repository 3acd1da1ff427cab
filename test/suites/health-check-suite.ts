import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { parseAddress } from '../../src/domain/address.ts'
import type { Check } from '../../src/domain/check.ts'
import type { ProbeOutcome, ProbeResult } from '../../src/domain/health.ts'
import type { CheckTools } from '../../src/monitor/checks/kind.ts'
import { createHealthCheck } from '../../src/monitor/checks/registry.ts'
import type { HealthCheck, ProbeTarget } from '../../src/ports/health-check.ts'
import { LOOPBACK, makeTarget, makeTools } from '../helpers/probed-servers.ts'
import { until } from '../helpers/until.ts'

/** What a probe may meet. */
export const SITUATIONS = [
  'healthy',
  'refusing',
  'notAccepting',
  'silent',
  'halfThenSilent',
  'halfThenClosed',
  'garbage',
  'endless',
] as const
export type Situation = (typeof SITUATIONS)[number]

export interface Scene {
  readonly check: Check
  readonly tools?: Partial<CheckTools>
  readonly target?: Partial<ProbeTarget>
  /** Whether the other side has seen the probe, and done to it what it does. */
  readonly isUnderWay: () => boolean
  /** Connections or processes that are still open. */
  readonly open: () => number
}

export interface HealthCheckWorld {
  /** A string says why this situation cannot be made for this kind. */
  readonly make: (t: TestContext, situation: Situation) => Promise<Scene> | string
  /** Where it is no failure. */
  readonly outcomes?: Partial<Record<Situation, ProbeOutcome>>
  /** Where nothing ends before the time is up. */
  readonly hangs: readonly Situation[]
  /** Of the endpoint as a whole: nobody's address is asked. */
  readonly asks: 'address' | 'nobody'
}

/** What every adapter of the port does, whatever it meets. */
export function healthCheckSuite(name: string, world: HealthCheckWorld): void {
  const checkThat = (
    what: string,
    situation: Situation,
    run: (t: TestContext, scene: Scene) => Promise<void>,
  ): void => {
    test(`${name}: ${what}`, { timeout: 30_000 }, async (t) => {
      const scene = await world.make(t, situation)
      if (typeof scene === 'string') return t.skip(scene)
      await run(t, scene)
      await until(scene.open, (open) => open === 0)
    })
  }

  for (const situation of SITUATIONS) {
    const outcome = world.outcomes?.[situation] ?? (situation === 'healthy' ? 'pass' : 'fail')
    const hangs = world.hangs.includes(situation)
    checkThat(`${situation} is a ${outcome}${hangs ? ' when the time is up' : ''}`, situation, async (_t, scene) => {
      const found = await probed(scene, hangs ? 'whenUnderWay' : 'never')
      assert.equal(found.outcome, outcome, found.detail)
      assertWellFormed(found)
      if (hangs) assert.match(found.detail, /^time ran out after \d+ ms, waiting for /)
      else assert.doesNotMatch(found.detail, /^time ran out/)
    })
  }

  checkThat('fifty at once', 'healthy', async (_t, scene) => {
    const check = checkOf(scene)
    const probe = () => check.probe(makeTarget(scene.target), new AbortController().signal)
    const found = await Promise.all(Array.from({ length: 50 }, probe))
    for (const { outcome, detail } of found) assert.equal(outcome, 'pass', detail)
  })

  checkThat('called off before it began, it opens nothing', 'healthy', async (_t, scene) => {
    const found = await checkOf(scene).probe(makeTarget(scene.target), AbortSignal.abort())
    assert.equal(found.outcome, 'fail')
    assert.match(found.detail, /called off before it began/)
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(scene.isUnderWay(), false)
  })

  checkThat('called off at whatever moment, it ends', 'healthy', async (_t, scene) => {
    const check = checkOf(scene)
    for (let turns = 0; turns < 12; turns++) {
      const controller = new AbortController()
      const ends = check.probe(makeTarget(scene.target), controller.signal)
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
      controller.abort()
      assertWellFormed(await ends)
    }
  })

  checkThat('slower than degradedMs is degraded', 'healthy', async (_t, scene) => {
    let nowMs = 0
    const tools = makeTools({ ...scene.tools, nowMs: () => (nowMs += 100) })
    const check = createHealthCheck({ ...scene.check, degradedMs: 50 }, tools)
    assert.ok(check !== null)
    const found = await check.probe(makeTarget(scene.target), new AbortController().signal)
    assert.equal(found.outcome, 'degraded', found.detail)
    assert.match(found.detail, /; took \d+ ms, expected 50 ms or less$/)
  })

  if (world.asks === 'nobody') return

  checkThat('an address that must not be probed is not', 'healthy', async (_t, scene) => {
    const found = await probed({ ...scene, tools: { ...scene.tools, guard: () => 'it is nobody you know' } }, 'never')
    assert.equal(found.outcome, 'fail')
    assert.match(found.detail, /127\.0\.0\.1 is not probed: it is nobody you know/)
    assert.equal(scene.isUnderWay(), false)
  })

  const other = parseAddress('127.0.0.99') ?? assert.fail()
  const guard: CheckTools['guard'] = (address) => (address === other ? 'it is fenced off' : null)
  const names: [what: string, lookUp: CheckTools['lookUp'], outcome: ProbeOutcome, detail: RegExp][] = [
    ['is asked at its address', async () => [LOOPBACK], 'pass', /./],
    ['is asked at the first that may be probed', async () => [other, LOOPBACK], 'pass', /./],
    ['at a guarded address only', async () => [other], 'fail', /here\.example is 127\.0\.0\.99, .*fenced off/],
    ['without an address', async () => [], 'fail', /here\.example has no IPv4 address/],
    ['that cannot be looked up', () => Promise.reject(new Error('no resolver')), 'fail', /no resolver/],
  ]
  for (const [what, lookUp, outcome, detail] of names) {
    checkThat(`a host name ${what}`, 'healthy', async (_t, scene) => {
      const host = { hostname: 'here.example', family: 4 } as const
      const found = await probed({ ...scene, tools: { ...scene.tools, guard, lookUp }, target: { host } }, 'never')
      assert.equal(found.outcome, outcome, found.detail)
      assert.match(found.detail, detail)
    })
  }

  checkThat('a look-up that hangs ends with the probe', 'healthy', async (_t, scene) => {
    const late = Promise.withResolvers<readonly [typeof LOOPBACK]>()
    const host = { hostname: 'here.example', family: 4 } as const
    let asked = false
    const lookUp = (): Promise<readonly [typeof LOOPBACK]> => {
      asked = true
      return late.promise
    }
    const isUnderWay = () => asked
    const found = await probed(
      { ...scene, isUnderWay, tools: { ...scene.tools, lookUp }, target: { host } },
      'whenUnderWay',
    )
    assert.match(found.detail, /waiting for the addresses of here\.example/)
    // An answer that comes too late opens nothing.
    late.resolve([LOOPBACK])
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
    assert.equal(scene.isUnderWay(), false)
  })
}

function checkOf(scene: Scene): HealthCheck {
  const check = createHealthCheck(scene.check, makeTools(scene.tools))
  assert.ok(check !== null)
  return check
}

async function probed(scene: Scene, abort: 'never' | 'whenUnderWay'): Promise<ProbeResult> {
  const controller = new AbortController()
  const ends = checkOf(scene).probe(makeTarget(scene.target), controller.signal)
  if (abort === 'whenUnderWay') {
    await until(scene.isUnderWay, (isUnderWay) => isUnderWay)
    controller.abort()
  }
  return ends
}

function assertWellFormed({ detail, timings, warnings, load }: ProbeResult): void {
  assert.ok(detail.length > 0 && detail.length < 1000, detail)
  assert.doesNotMatch(detail, /\p{Cc}/u)
  for (const ms of Object.values(timings)) assert.ok(ms === null || ms >= 0, JSON.stringify(timings))
  const { connectMs, tlsMs, firstByteMs, totalMs } = timings
  assert.ok((connectMs ?? 0) + (tlsMs ?? 0) + (firstByteMs ?? 0) <= totalMs, JSON.stringify(timings))
  assert.ok(Array.isArray(warnings) && typeof load === 'object')
}
