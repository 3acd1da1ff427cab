/** Outages at 80% utilisation, second by second: who takes the clients, and whether anybody breaks under them. */

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { mix32 } from '../../src/domain/hash.ts'
import { SITES } from '../helpers/engine.ts'
import { FAILS_AT, RETURNS_AT, SCENES, type Scene, sharedWorld, worldOf } from '../helpers/failover-scenes.ts'
import { peaks, runWorld, type World } from '../helpers/failover-world.ts'

/** Reports are rounded to 2% of the capacity, so that nobody can be aimed at better than half of it. */
const ROUNDING = 0.01

/** First second from which on `holds` does. */
function settledAt(world: World, holds: (utilisation: readonly number[]) => boolean): number {
  const history = runWorld(world)
  const used = history.map((loads) => loads.map((load, i) => load / (world.policy.endpoints[i]!.capacity ?? 1)))
  return used.findLastIndex((each) => !holds(each)) + 1
}

describe('a site fails at 80% utilisation', () => {
  for (const scene of SCENES) {
    it(`${scene.name}: by headroom no survivor passes its capacity`, () => {
      const world = worldOf(scene, 'headroom')
      const found = peaks(world, runWorld(world), FAILS_AT)
      assert.ok(Math.max(...found) <= 1, found.map((peak) => peak.toFixed(3)).join(' '))
    })

    it(`${scene.name}: to the next somebody does`, () => {
      const world = worldOf(scene, 'next')
      const found = peaks(world, runWorld(world), FAILS_AT)
      assert.ok(Math.max(...found) > 1.02, found.map((peak) => peak.toFixed(3)).join(' '))
    })
  }

  it('reports that are 30 s late, and answers kept for two minutes, change nothing', () => {
    for (const scene of SCENES) {
      const world: World = { ...worldOf(scene, 'headroom'), reportDelaySeconds: 30, ttlSeconds: 120 }
      const found = peaks(world, runWorld(world), FAILS_AT)
      assert.ok(Math.max(...found) <= 1 + ROUNDING, `${scene.name}: ${found.map((peak) => peak.toFixed(3)).join(' ')}`)
    }
  })

  it('whatever the capacities and loads, with loads that tremble: if what is free is 5% more than what is lost, nobody breaks', () => {
    const sites = fc.array(fc.tuple(fc.integer({ min: 20, max: 400 }), fc.integer({ min: 30, max: 95 })), {
      minLength: 3,
      maxLength: 10,
    })
    const allows = (all: readonly (readonly [capacity: number, used: number])[]) => {
      const [lost, ...rest] = all.map(([capacity, used]) => ({
        load: (capacity * used) / 100,
        free: capacity * (1 - used / 100),
      }))
      return 1.05 * lost!.load <= rest.reduce((sum, { free }) => sum + free, 0)
    }
    fc.assert(
      fc.property(sites.filter(allows), fc.nat(), (all, seed) => {
        const ids = Object.keys(SITES).slice(0, all.length)
        const scene: Scene = {
          name: 'random',
          endpoints: Object.fromEntries(ids.map((id, i) => [id, { site: id, capacity: all[i]![0] }])),
          steps: ['nearest', { take: 1 }],
          utilisation: Object.fromEntries(ids.map((id, i) => [id, all[i]![1] / 100])),
          events: [{ second: FAILS_AT, dies: [ids[0]!] }],
        }
        const tremble = (endpoint: number, second: number) =>
          all[endpoint]![0] * 0.01 * (mix32(seed + endpoint * 7919 + second) / 2 ** 31 - 1)
        const world: World = { ...worldOf(scene, 'headroom'), seconds: 200, background: tremble }
        const found = peaks(world, runWorld(world), FAILS_AT)
        assert.ok(Math.max(...found) <= 1 + 2 * ROUNDING, found.map((peak) => peak.toFixed(3)).join(' '))
      }),
      { seed: 20_260_115, numRuns: 10 },
    )
  })

  it('a survivor that gets fuller by itself during the outage is relieved', () => {
    const [six] = SCENES
    const world: World = {
      ...worldOf({ ...six!, utilisation: 0.7, events: [{ second: FAILS_AT, dies: ['fra'] }] }, 'headroom'),
      background: (endpoint, second) => (endpoint === 0 && second >= 200 ? 25 : 0),
    }
    const history = runWorld(world)
    assert.ok(Math.max(...peaks(world, history, 200)) > 1.05, 'at first it is over its capacity')
    assert.ok(Math.max(...peaks(world, history, 800)) <= 1, 'and then no more')
  })

  it('where the sum does not allow it, all are over it alike', () => {
    const three: Scene = {
      name: 'three sites',
      endpoints: {
        iad: { site: 'iad', capacity: 100 },
        fra: { site: 'fra', capacity: 100 },
        nrt: { site: 'nrt', capacity: 100 },
      },
      steps: ['nearest', { take: 1 }],
      utilisation: 0.8,
      events: [{ second: FAILS_AT, dies: ['fra'] }],
    }
    const world = worldOf(three, 'headroom')
    const [iad = 0, , nrt = 0] = peaks(world, runWorld(world), FAILS_AT)
    assert.ok(Math.abs(iad - 1.2) < 0.02 && Math.abs(nrt - 1.2) < 0.02, `${iad} ${nrt}`)
  })
})

describe('it comes back', () => {
  const [six] = SCENES
  const loadsOf = (failover: 'next' | 'headroom') => {
    const history = runWorld(worldOf(six!, failover)).slice(RETURNS_AT)
    return history.map((loads) => loads[Object.keys(six!.endpoints).indexOf('fra')]!)
  }
  /** Steepest rise in ten seconds. */
  const steepest = (loads: readonly number[]) => Math.max(...loads.slice(10).map((load, i) => load - loads[i]!))

  it('its load rises slowly, and all of its clients return', () => {
    const slow = loadsOf('headroom')
    const atOnce = loadsOf('next')
    assert.ok(steepest(slow) < 0.6 * steepest(atOnce), `${steepest(slow)} and ${steepest(atOnce)}`)
    assert.ok(Math.abs(slow.at(-1)! - 80) < 1)
  })
})

describe('spread by headroom, with late reports', () => {
  for (const utilisation of [0.5, 0.8, 0.95]) {
    it(`at ${100 * utilisation}% it settles after a jump, and stays settled`, () => {
      const world = sharedWorld('remembered', utilisation)
      assert.ok(settledAt(world, (used) => used.every((each) => each <= 1)) < 240)
      const history = runWorld(world)
      const late = history.slice(600)
      const swing = world.policy.endpoints.map(({ capacity }, i) => {
        const loads = late.map((each) => each[i]! / (capacity ?? 1))
        return Math.max(...loads) - Math.min(...loads)
      })
      assert.ok(Math.max(...swing) < 0.03, swing.join(' '))
    })
  }

  it('whoever follows the reports at once swings for ever', () => {
    const world = sharedWorld('atOnce', 0.95)
    const found = peaks(world, runWorld(world), 900)
    assert.ok(Math.max(...found) > 1.2, found.join(' '))
  })
})
