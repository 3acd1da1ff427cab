import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { distanceKm } from '../../../src/domain/place.ts'
import type { createEstimator } from '../../../src/latency/estimator.ts'
import { type CompactClient, makeLocation } from '../../helpers/engine.ts'
import {
  ENDPOINTS,
  type EndpointId,
  estimates,
  HOUR_MS,
  MINUTE_MS,
  newEstimator,
  report,
  reportFrom,
  reportOf,
  START_MS,
} from '../../helpers/latency.ts'

/** Of distance alone, for a client at Frankfurt. */
const PRIOR = estimates(newEstimator().view(START_MS))

const orderOf = (of: Record<EndpointId, number>): string =>
  Object.entries(of)
    .sort((a, b) => a[1] - b[1])
    .map(([id]) => id)
    .join(' ')

describe('poisoning', () => {
  const honest = (estimator: ReturnType<typeof newEstimator>) =>
    reportFrom(estimator, { count: 20 }, { fra: 40, lhr: 60 }, { times: 15, asn: 64_500 })

  // The simulation of latency.md E: 20 honest networks; those that lie say that Frankfurt is slow and London near.
  for (const hostile of [1, 3, 6, 12]) {
    it(`${hostile} of ${20 + hostile} networks lie, and turn nothing beyond themselves`, () => {
      const estimator = newEstimator()
      honest(estimator)
      reportFrom(estimator, { first: 100, count: hostile }, { fra: 1000, lhr: 12 }, { times: 20, asn: 64_500 })
      const view = estimator.view(START_MS)
      assert.equal(orderOf(estimates(view, { at: 'fra', asn: 64_500 })), 'fra lhr iad')
      assert.equal(orderOf(estimates(view, { at: 'fra', asn: 64_500, network: '20.0.0.0/24' })), 'fra lhr iad')
    })
  }

  it('more than half of the networks are believed', () => {
    const estimator = newEstimator()
    honest(estimator)
    reportFrom(estimator, { first: 100, count: 40 }, { fra: 1000, lhr: 12 }, { times: 20, asn: 64_500 })
    assert.equal(orderOf(estimates(estimator.view(START_MS), { at: 'fra', asn: 64_500 })), 'lhr fra iad')
  })

  it('one network alters its own estimates only', () => {
    const estimator = newEstimator()
    const before = estimates(estimator.view(START_MS), { at: 'fra', asn: 64_500 })
    report(estimator, { prefix: '20.0.0.0/24', asn: 64_500, to: 'fra', rttMs: 500, times: 20 })
    report(estimator, { prefix: '20.0.0.0/24', asn: 64_500, to: 'lhr', rttMs: 12, times: 20 })
    const view = estimator.view(START_MS)
    assert.deepEqual(estimates(view, { at: 'fra', asn: 64_500 }), before)
    assert.equal(orderOf(estimates(view, { at: 'fra', asn: 64_500, network: '20.0.0.0/24' })), 'lhr fra iad')
  })

  it('nothing moves farther than 30 ms in a bucket, beside the others', () => {
    const estimator = newEstimator()
    const gaps: number[] = []
    for (let bucket = 0; bucket < 4; bucket++) {
      const atMs = START_MS + bucket * 1.5 * HOUR_MS
      for (const to of ['fra', 'lhr', 'iad'] as const) {
        report(estimator, { prefix: '20.0.0.0/24', to, rttMs: to === 'lhr' ? 2000 : 200, times: 20, atMs })
      }
      const found = estimates(estimator.view(atMs), { at: 'fra', network: '20.0.0.0/24' })
      gaps.push(found.lhr - PRIOR.lhr - (found.fra - PRIOR.fra))
    }
    // Weight n / (n + 5), n from 20 on: 30 ms moved is at most 30 seen; and 50 is the most that reports may reorder.
    assert.ok(gaps[0]! <= 30, gaps.join())
    assert.ok(gaps[1]! <= 60 && gaps[1]! > gaps[0]!, gaps.join())
    assert.ok(
      gaps.every((gap) => gap <= 100 + 1e-9),
      gaps.join(),
    )
  })

  for (const [name, where] of [
    ['the country', { at: 'fra' }],
    ['its neighbours', { at: [47.4, 8.5], country: 'CH' }],
  ] as const) {
    it(`an ASN of a hundred networks turns itself alone, not ${name}`, () => {
      for (const others of [0, 1, 2, 3]) {
        const estimator = newEstimator()
        for (let i = 0; i < others; i++) {
          reportFrom(estimator, { first: 1000 + i * 50, count: 3 }, PRIOR, { asn: 64_501 + i })
        }
        reportFrom(estimator, { count: 100 }, { fra: 1000, lhr: 12, iad: PRIOR.iad }, { times: 20, asn: 64_500 })
        const view = estimator.view(START_MS)
        assert.equal(orderOf(estimates(view, { at: 'fra', asn: 64_500 })), 'lhr fra iad', `${others} others`)
        const asnless = newEstimator().view(START_MS)
        assert.equal(orderOf(estimates(view, { ...where, asn: 64_600 })), orderOf(estimates(asnless, where)))
      }
    })
  }

  const lies = (estimator: ReturnType<typeof newEstimator>, asn: number, count: number) =>
    reportFrom(
      estimator,
      { first: asn - 64_000, count },
      { fra: PRIOR.fra, lhr: PRIOR.lhr, iad: PRIOR.iad + 200 },
      { asn },
    )
  it('an ASN that tells another story than those around it is heard from a larger quorum only, and nowhere else', () => {
    const heard = [4, 5].map((count) => {
      const estimator = newEstimator()
      for (const [i, asn] of [64_100, 64_200, 64_300].entries()) {
        reportFrom(estimator, { first: 1000 + i * 50, count: 3 }, PRIOR, { asn })
      }
      lies(estimator, 64_400, count)
      estimator.view(START_MS)
      const view = estimator.view(START_MS + 10 * MINUTE_MS)
      const elsewhere = estimates(view)
      assert.ok(Math.abs(elsewhere.iad - PRIOR.iad) < 5, `${elsewhere.iad} instead of ${PRIOR.iad}`)
      return estimates(view, { at: 'fra', asn: 64_400 }).iad - PRIOR.iad > 10
    })
    assert.deepEqual(heard, [false, true])
  })
})

describe('memory', () => {
  const flood = (estimator: ReturnType<typeof createEstimator>, from: number, count: number, times = 1) => {
    for (let i = from; i < from + count; i++) {
      // Every network in a /16 of its own.
      const prefix = `${30 + (i >> 8)}.${i & 255}.0.0/24`
      report(estimator, { prefix, to: 'fra', rttMs: 20, times })
    }
  }

  it('is bounded, and networks that are seen once push nobody out', () => {
    const estimator = newEstimator(100)
    reportFrom(estimator, { count: 3 }, { fra: 60, lhr: 35 })
    flood(estimator, 0, 5_000)
    assert.equal(estimator.counts().networks, 100)
    const view = estimator.view(START_MS)
    assert.equal(orderOf(estimates(view, { at: 'fra', network: '20.0.0.0/24' })), 'lhr fra iad')
  })

  it('when it is full, a newcomer is let in at its second sample', () => {
    const estimator = newEstimator(10)
    flood(estimator, 0, 10)
    assert.deepEqual(report(estimator, { prefix: '90.0.0.0/24', to: 'fra', rttMs: 20, times: 3 }), [
      'tableFull',
      'taken',
      'taken',
    ])
    assert.equal(estimator.counts().networks, 10)
  })

  it('one holder of addresses has a fiftieth of it', () => {
    const estimator = newEstimator(100)
    const verdicts = ['2a00:0:1::/48', '2a00:0:2::/48', '2a00:0:3::/48'].flatMap((prefix) =>
      report(estimator, { prefix, to: 'fra', rttMs: 20, times: 1, family: 6 }),
    )
    assert.deepEqual(verdicts, ['taken', 'taken', 'tableFull'])
  })

  it('a network that the geo database places anew keeps its samples, and counts where it is', () => {
    const estimator = newEstimator()
    reportFrom(estimator, { count: 4 }, { fra: 60, lhr: 35 }, { from: { at: 'cdg' } })
    estimator.view(START_MS)
    reportFrom(estimator, { count: 4 }, { fra: 60, lhr: 35 }, { from: { at: 'fra' }, times: 1 })
    assert.equal(estimator.counts().networks, 8)
    const view = estimator.view(START_MS + HOUR_MS)
    const at = (where: string) =>
      view.estimate(ENDPOINTS.lhr, { location: makeLocation({ at: where }), network: null })!
    assert.equal(at('fra').source, 'country')
    assert.equal(at('fra').samples, 24)
    assert.equal(at('cdg').source, 'subregion')
  })
})

describe('whatever is sent', () => {
  const to = fc.constantFrom<EndpointId>('fra', 'lhr', 'iad')
  const prefix = fc
    .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 40 }))
    .map(([a, b]) => `20.${a}.${b * 6}.0/24`)
  const from = fc.constantFrom<CompactClient>(
    { at: 'fra' },
    { at: 'iad' },
    { at: [90, 0], country: 'NO' },
    { country: 'DE' },
    {},
    { at: [0, 0], country: 'XX' },
  )
  const ms = fc.oneof(fc.double({ min: 1, max: 3000, noNaN: true }), fc.double())
  const atMs = fc.integer({ min: -200, max: 400 }).map((hours) => START_MS + hours * HOUR_MS)
  const sample = fc.record({
    prefix,
    to,
    rttMs: ms,
    from,
    atMs,
    asn: fc.constantFrom(null, 64_500, 64_501, 64_502, 64_503),
    family: fc.constantFrom<4 | 6>(4, 6),
    times: fc.integer({ min: 1, max: 25 }),
    isProbe: fc.boolean(),
  })

  it('every estimate lies between what light needs and a second, and its deviation is a number', () => {
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 120 }), (samples) => {
        const estimator = newEstimator(30)
        for (const { isProbe, ...compact } of samples) {
          if (isProbe) {
            const { to: id, family, rttMs, atMs: when } = compact
            const node = makeLocation(compact.from).point ?? { lat: 1, lon: 1 }
            estimator.addProbe({ endpoint: ENDPOINTS[id], family, rttMs, node, atMs: when })
          } else report(estimator, compact)
          const view = estimator.view(compact.atMs)
          assert.equal(estimator.view(compact.atMs), view)
          const network = { address: reportOf(compact).prefix, prefixLength: 24 }
          const location = makeLocation({ ...compact.from, ...(compact.asn === null ? {} : { asn: compact.asn }) })
          for (const endpoint of Object.values(ENDPOINTS)) {
            const estimate = view.estimate(endpoint, { location, network })
            if (estimate === null) continue
            const { rttMs, sdMs } = estimate
            const km = location.point === null ? 0 : distanceKm(location.point, endpoint.sites[0]!)
            assert.ok(rttMs >= km / 100 - 0.01 && rttMs <= 1000, `${rttMs} ms for ${km} km`)
            assert.ok(sdMs >= 0 && Number.isFinite(sdMs), `sd ${sdMs} ms`)
          }
          const { asns, prefixes } = view.networks(Object.values(ENDPOINTS))
          assert.ok(asns.length <= 64 && prefixes.length <= 256)
        }
        assert.ok(estimator.counts().networks <= 30)
      }),
      { seed: 20_261_121, numRuns: 60 },
    )
  })
})
