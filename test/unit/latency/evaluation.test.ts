import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { learn, lossOf } from '../../../bench/latency/evaluate.ts'
import { makeWorld } from '../../../bench/latency/world.ts'
import { distanceView } from '../../../src/latency/distance-view.ts'

// A world as the one of `npm run bench:latency`, of another seed: nothing was chosen by it.
const world = makeWorld({ endpointCount: 12, prefixesPerAsn: 30 }, 7)
const byDistance = lossOf(world, distanceView)

describe('in a generated world', () => {
  it('distance is wrong about as often as on real matrices (latency.md D: 16 to 28%)', () => {
    assert.ok(byDistance.wrong > 16 && byDistance.wrong < 35, `${byDistance.wrong}%`)
  })

  it('the same seed is the same world', () => {
    const again = makeWorld({ endpointCount: 12, prefixesPerAsn: 30 }, 7)
    assert.deepEqual(lossOf(again, distanceView), byDistance)
  })

  it('without reports and probes nothing is gained or lost', () => {
    assert.deepEqual(lossOf(world, learn(world, { share: 0, probes: 'none', days: 1 }, 1)), byDistance)
  })

  it('reports of a fifth of the networks make less than half of the loss, and of the wrong choices at most two thirds', () => {
    const found = lossOf(world, learn(world, { share: 0.2, probes: 'none', days: 1 }, 1))
    assert.ok(found.meanMs < byDistance.meanMs / 2, `${found.meanMs} ms, distance ${byDistance.meanMs} ms`)
    assert.ok(found.p95Ms < byDistance.p95Ms / 2, `p95 ${found.p95Ms} ms, distance ${byDistance.p95Ms} ms`)
    assert.ok(found.wrong < (2 / 3) * byDistance.wrong, `${found.wrong}%, distance ${byDistance.wrong}%`)
  })
})
