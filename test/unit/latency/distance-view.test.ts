import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { distanceView } from '../../../src/latency/distance-view.ts'
import { type CompactClient, type CompactEndpoint, makeEndpoint, makeLocation } from '../../helpers/engine.ts'

describe('distanceView', () => {
  // A degree of the equator is 111.195 km.
  const rows: readonly [string, CompactEndpoint, CompactClient, { rttMs: number; sdMs: number } | null][] = [
    ['no place for the client', { site: 'fra' }, {}, null],
    ['only a country for the client', { site: 'fra' }, { country: 'DE' }, null],
    ['no site', {}, { at: 'fra' }, null],
    ['on the spot: access alone', { site: 'fra' }, { at: 'fra' }, { rttMs: 20, sdMs: 6 }],
    ['1111.95 km', { at: [0, 10, 'GA'] }, { at: [0, 0] }, { rttMs: 20 + 16.8 * 1.11195, sdMs: 6 + 4.5 * 1.11195 }],
    [
      'half the world: the deviation is capped',
      { at: [0, 180, 'FJ'] },
      { at: [0, 0] },
      { rttMs: 20 + 16.8 * 20.0151, sdMs: 35 },
    ],
    ['an uncertain place widens it', { site: 'fra' }, { at: 'fra', radiusKm: 500 }, { rttMs: 20, sdMs: 6 + 8.4 }],
    [
      'beyond the cap, too',
      { at: [0, 180, 'FJ'] },
      { at: [0, 0], radiusKm: 1000 },
      { rttMs: 20 + 16.8 * 20.0151, sdMs: 35 + 16.8 },
    ],
    ['the nearest of several sites', { site: ['iad', 'cdg', 'nrt'] }, { at: 'cdg' }, { rttMs: 20, sdMs: 6 }],
  ]
  for (const [name, endpoint, client, expected] of rows) {
    it(name, () => {
      const estimate = distanceView.estimate(makeEndpoint('e', 0, endpoint), {
        location: makeLocation(client),
        network: null,
      })
      if (expected === null) {
        assert.equal(estimate, null)
        return
      }
      assert.ok(estimate !== null)
      assert.ok(Math.abs(estimate.rttMs - expected.rttMs) < 0.01, `${estimate.rttMs} ms, expected ${expected.rttMs}`)
      assert.ok(Math.abs(estimate.sdMs - expected.sdMs) < 0.01, `sd ${estimate.sdMs} ms, expected ${expected.sdMs}`)
      assert.equal(estimate.source, 'distance')
      assert.equal(estimate.samples, 0)
    })
  }
})
