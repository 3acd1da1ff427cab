import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { plan } from '../../../src/engine/plan.ts'
import { distanceView } from '../../../src/latency/distance-view.ts'
import { createEstimator } from '../../../src/latency/estimator.ts'
import { type CompactEndpoint, makeClient, makeFacts, makePolicy } from '../../helpers/engine.ts'

const SEED = 20_261_121
const NOW_MS = Date.parse('2026-01-15T12:00:00Z')

const lat = fc.double({ min: -90, max: 90, noNaN: true })
const lon = fc.double({ min: -180, max: 180, noNaN: true })
const place = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(lat, lon) },
  // Ties: places that repeat, poles, antimeridian, antipodes.
  {
    weight: 4,
    arbitrary: fc.constantFrom<[number, number]>(
      [0, 0],
      [0, 180],
      [0, -180],
      [90, 17],
      [90, -3],
      [-90, 0],
      [50, 8],
      [-50, -172],
    ),
  },
)
const endpoints = fc.array(fc.oneof({ weight: 6, arbitrary: place }, { weight: 1, arbitrary: fc.constant(null) }), {
  minLength: 1,
  maxLength: 12,
})

describe('without any data', () => {
  it('fastest orders exactly as nearest', () => {
    const view = createEstimator().view(NOW_MS)
    fc.assert(
      fc.property(endpoints, fc.option(place), fc.integer({ min: 1, max: 5000 }), (places, client, radiusKm) => {
        const compact: Record<string, CompactEndpoint> = Object.fromEntries(
          places.map((at, i) => [`e${i}`, at === null ? {} : { at: [at[0], at[1], 'DE'] as const }]),
        )
        const who = makeClient({
          ...(client === null ? {} : { at: client }),
          radiusKm,
          network: '198.51.100.7/32',
          asn: 64_500,
        })
        const orderBy = (step: string) => {
          const policy = makePolicy({ endpoints: compact, steer: [step] })
          return plan(policy, who, { ...makeFacts(policy), latency: view }, NOW_MS).lists
        }
        assert.deepEqual(orderBy('fastest'), orderBy('nearest'))
      }),
      { seed: SEED, numRuns: 1000 },
    )
  })

  it('estimates are those of distance alone, and no network is told apart', () => {
    const view = createEstimator().view(NOW_MS)
    const policy = makePolicy({ endpoints: { a: { site: 'fra' }, b: { site: 'iad' }, c: {} }, steer: ['fastest'] })
    for (const at of ['fra', 'syd', undefined]) {
      const client = makeClient(at === undefined ? {} : { at, radiusKm: 100 })
      for (const endpoint of policy.endpoints) {
        assert.deepEqual(view.estimate(endpoint, client), distanceView.estimate(endpoint, client))
      }
    }
    assert.deepEqual(view.networks(policy.endpoints), { asns: [], prefixes: [] })
  })
})
