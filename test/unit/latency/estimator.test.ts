import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatPrefix } from '../../../src/domain/address.ts'
import type { Evidence } from '../../../src/domain/facts.ts'
import type { Verdict } from '../../../src/latency/estimator.ts'
import { makeEndpoint, makeLocation, SITES } from '../../helpers/engine.ts'
import {
  ENDPOINTS,
  type EndpointId,
  estimates,
  HOUR_MS,
  MINUTE_MS,
  networkNumbered,
  newEstimator,
  report,
  reportFrom,
  reportOf,
  START_MS,
} from '../../helpers/latency.ts'

const ALL = Object.values(ENDPOINTS)
/** As many as a country needs to have a voice. */
const ASNS = [64_500, 64_501, 64_502] as const
const BERLIN = { at: [52.5, 13.4] as const, country: 'DE' }
/** Of distance alone, for a client at Frankfurt. */
const PRIOR = estimates(newEstimator().view(START_MS))

const orderOf = (of: Record<EndpointId, number>): string =>
  Object.entries(of)
    .sort((a, b) => a[1] - b[1])
    .map(([id]) => id)
    .join(' ')

/** The sources of the estimates for a client in Berlin, of the given ASN and network. */
function sources(estimator: ReturnType<typeof newEstimator>, client: { asn?: number; network?: string } = {}) {
  const view = estimator.view(START_MS)
  const network = client.network === undefined ? null : reportOf({ prefix: client.network, to: 'fra', rttMs: 1 }).prefix
  const who = {
    location: makeLocation({ ...BERLIN, ...(client.asn === undefined ? {} : { asn: client.asn }) }),
    network: network === null ? null : { address: network, prefixLength: network.length },
  }
  return ALL.map((endpoint): Evidence => view.estimate(endpoint, who)!.source)
}

describe('what is taken', () => {
  const exact = { at: 'fra' }
  const rows: readonly [string, Parameters<typeof reportOf>[0], Verdict][] = [
    ['a plain one', { prefix: '20.0.0.0/24', to: 'fra', rttMs: 20 }, 'taken'],
    ['IPv6', { prefix: '2a00::/48', to: 'fra', rttMs: 20, family: 6 }, 'taken'],
    ['one address: its network', { prefix: '20.0.0.1/32', to: 'fra', rttMs: 20 }, 'taken'],
    ['less than 1 ms', { prefix: '20.0.0.0/24', to: 'fra', rttMs: 0.99 }, 'outOfRange'],
    ['more than 3 s', { prefix: '20.0.0.0/24', to: 'fra', rttMs: 3000.1 }, 'outOfRange'],
    ['no number', { prefix: '20.0.0.0/24', to: 'fra', rttMs: Number.NaN }, 'outOfRange'],
    ['negative', { prefix: '20.0.0.0/24', to: 'fra', rttMs: -5 }, 'outOfRange'],
    ['a wide network', { prefix: '20.0.0.0/23', to: 'fra', rttMs: 20 }, 'wideNetwork'],
    ['a wide IPv6 network', { prefix: '2a00::/47', to: 'fra', rttMs: 20 }, 'wideNetwork'],
    // Frankfurt and Washington are 6,550 km apart: 65.5 ms at the speed of light in fibre.
    ['faster than light', { prefix: '20.0.0.0/24', from: exact, to: 'iad', rttMs: 58 }, 'fasterThanLight'],
    ['as fast as light, nearly', { prefix: '20.0.0.0/24', from: exact, to: 'iad', rttMs: 60 }, 'taken'],
    [
      'faster than light, but who knows where',
      { prefix: '20.0.0.0/24', from: { country: 'DE' }, to: 'iad', rttMs: 5 },
      'taken',
    ],
  ]
  for (const [name, compact, verdict] of rows) {
    it(`${name}: ${verdict}`, () => assert.equal(newEstimator().addReport(reportOf(compact)), verdict))
  }

  it('twenty of a network about an endpoint in a bucket', () => {
    const verdicts = report(newEstimator(), { prefix: '20.0.0.0/24', to: 'fra', rttMs: 20, times: 22 })
    assert.deepEqual(verdicts.slice(18), ['taken', 'taken', 'bucketFull', 'bucketFull'])
  })

  const probes: readonly [string, EndpointId, number, Verdict][] = [
    ['a local one', 'fra', 0.2, 'taken'],
    ['no number', 'fra', Number.NaN, 'outOfRange'],
    ['too slow', 'fra', 3001, 'outOfRange'],
    ['faster than light: the node, or the site, is not where it is said to be', 'iad', 20, 'fasterThanLight'],
  ]
  for (const [name, to, rttMs, verdict] of probes) {
    it(`a probe, ${name}: ${verdict}`, () => {
      const sample = { endpoint: ENDPOINTS[to], family: 4, rttMs, node: SITES.fra!, atMs: START_MS } as const
      assert.equal(newEstimator().addProbe(sample), verdict)
    })
  }
})

describe('levels of evidence', () => {
  const measured = { fra: 60, lhr: 35, iad: 120 }
  const distances: readonly Evidence[] = ['distance', 'distance', 'distance']
  const rows: readonly [
    string,
    (estimator: ReturnType<typeof newEstimator>) => void,
    { asn?: number; network?: string },
    readonly Evidence[],
  ][] = [
    ['nothing', () => {}, {}, distances],
    ['two networks are no quorum', (e) => reportFrom(e, { count: 2 }, measured), {}, distances],
    ['three networks are', (e) => reportFrom(e, { count: 3 }, measured), {}, ['country', 'country', 'country']],
    [
      'three networks of one /20 are not',
      (e) => {
        for (const prefix of ['20.0.0.0/24', '20.0.1.0/24', '20.0.2.0/24']) {
          for (const to of ['fra', 'lhr', 'iad'] as const) report(e, { prefix, to, rttMs: measured[to] })
        }
      },
      {},
      distances,
    ],
    [
      'three networks with too few samples are not',
      (e) => reportFrom(e, { count: 3 }, measured, { times: 4 }),
      {},
      distances,
    ],
    [
      'of one ASN',
      (e) => reportFrom(e, { count: 3 }, measured, { asn: 64_500 }),
      { asn: 64_500 },
      ['asn', 'asn', 'asn'],
    ],
    [
      'of another ASN alone',
      (e) => reportFrom(e, { count: 40 }, measured, { asn: 64_500 }),
      { asn: 64_501 },
      distances,
    ],
    [
      'of two others',
      (e) => {
        for (const asn of [0, 1]) reportFrom(e, { first: 20 * asn, count: 20 }, measured, { asn: 64_500 + asn })
      },
      { asn: 64_510 },
      distances,
    ],
    [
      'of three others',
      (e) => {
        for (const [i, asn] of ASNS.entries()) reportFrom(e, { first: i, count: 1 }, measured, { asn })
      },
      { asn: 64_510 },
      ['country', 'country', 'country'],
    ],
    [
      'of neighbours',
      (e) => reportFrom(e, { count: 3 }, measured, { from: { at: 'cdg' } }),
      {},
      ['subregion', 'subregion', 'subregion'],
    ],
    [
      'its own, two samples',
      (e) => reportFrom(e, { count: 1 }, measured, { times: 2 }),
      { network: '20.0.0.0/24' },
      distances,
    ],
    [
      'its own, three samples',
      (e) => reportFrom(e, { count: 1 }, measured, { times: 3 }),
      { network: '20.0.0.0/24' },
      ['prefix', 'prefix', 'prefix'],
    ],
    [
      'a client in it',
      (e) => reportFrom(e, { count: 1 }, measured),
      { network: '20.0.0.77/32' },
      ['prefix', 'prefix', 'prefix'],
    ],
    ['a network around it', (e) => reportFrom(e, { count: 1 }, measured), { network: '20.0.0.0/22' }, distances],
    ['the network beside it', (e) => reportFrom(e, { count: 1 }, measured), { network: '20.0.1.0/24' }, distances],
    ['of one endpoint alone', (e) => reportFrom(e, { count: 3 }, { lhr: 35 }), {}, ['distance', 'country', 'distance']],
    [
      'probes of a node nearby',
      (e) => {
        for (const endpoint of ALL) {
          e.addProbe({ endpoint, family: 4, rttMs: 130, node: SITES.fra!, atMs: START_MS })
        }
      },
      {},
      ['nodes', 'nodes', 'nodes'],
    ],
    [
      'probes of a node far away',
      (e) => e.addProbe({ endpoint: ENDPOINTS.fra, family: 4, rttMs: 300, node: SITES.syd!, atMs: START_MS }),
      {},
      distances,
    ],
  ]
  for (const [name, feed, client, expected] of rows) {
    it(name, () => {
      const estimator = newEstimator()
      feed(estimator)
      assert.deepEqual(sources(estimator, client), expected)
    })
  }

  it('what a node measures holds around it, and fades with the distance (E3)', () => {
    const estimator = newEstimator()
    for (const [to, extraMs] of [
      ['fra', 0],
      ['lhr', 25],
      ['iad', 0],
    ] as const) {
      const sample = {
        endpoint: ENDPOINTS[to],
        family: 4,
        rttMs: PRIOR[to] + extraMs,
        node: SITES.fra!,
        atMs: START_MS,
      } as const
      for (let n = 0; n < 5; n++) estimator.addProbe(sample)
    }
    const view = estimator.view(START_MS)
    const none = newEstimator().view(START_MS)
    const movedAt = (at: string) => estimates(view, { at }).lhr - estimates(none, { at }).lhr
    // Weight 1 of 1.5 on the spot; London is 655 km away, and Sydney at the other end of the world.
    const w = Math.exp(-655 / 800)
    for (const [at, expected] of [
      ['fra', 25 / 1.5],
      ['lhr', (25 * w) / (w + 0.5)],
      ['syd', 0],
    ] as const) {
      assert.ok(Math.abs(movedAt(at) - expected) < 1, `${at}: ${movedAt(at)} ms instead of ${expected}`)
    }
  })

  it('probes are forgotten within half an hour', () => {
    const estimator = newEstimator()
    estimator.addProbe({ endpoint: ENDPOINTS.lhr, family: 4, rttMs: 60, node: SITES.fra!, atMs: START_MS })
    const client = { location: makeLocation({ at: 'fra' }), network: null }
    const sourceAt = (atMs: number) => estimator.view(atMs).estimate(ENDPOINTS.lhr, client)!.source
    assert.deepEqual(
      [0, 20, 35].map((minutes) => sourceAt(START_MS + minutes * MINUTE_MS)),
      ['nodes', 'nodes', 'distance'],
    )
  })

  it('weighs by evidence: n / (n + k), country 3 and ASN 3 (E3)', () => {
    // All endpoints are 30 ms slower for six networks, Frankfurt 25 ms more: it is 12.5 beside the others' median of 0.
    const estimator = newEstimator()
    for (const [i, asn] of ASNS.entries()) {
      reportFrom(
        estimator,
        { first: 2 * i, count: 2 },
        { fra: PRIOR.fra + 27, lhr: PRIOR.lhr, iad: PRIOR.iad },
        { asn },
      )
    }
    const found = estimates(estimator.view(START_MS), { at: 'fra' })
    const w1 = 6 / (6 + 8)
    const w2 = 6 / (6 + 3)
    const expected = (w2 + (1 - w2) * w1) * 27
    assert.ok(Math.abs(found.fra - PRIOR.fra - expected) < 1.5, `${found.fra - PRIOR.fra} instead of ${expected}`)
    assert.ok(Math.abs(found.lhr - PRIOR.lhr) < 1.5, `${found.lhr - PRIOR.lhr} instead of 0`)
  })

  it('says how many samples, and how sure it is', () => {
    const estimator = newEstimator()
    const client = { location: makeLocation({ at: 'fra' }), network: null }
    const before = estimator.view(START_MS).estimate(ENDPOINTS.lhr, client)!
    reportFrom(estimator, { count: 10 }, { fra: 60, lhr: 35 })
    const after = estimator.view(START_MS).estimate(ENDPOINTS.lhr, client)!
    assert.equal(before.samples, 0)
    assert.equal(after.samples, 50)
    assert.ok(after.sdMs < before.sdMs, `${after.sdMs} ms after, ${before.sdMs} ms before`)
  })

  it('what a place measured of one endpoint alone orders nothing: it may be the access of its clients (E7)', () => {
    const estimator = newEstimator()
    reportFrom(estimator, { count: 8 }, { fra: 120 }, { asn: 64_500 })
    const found = estimates(estimator.view(START_MS), { at: 'fra', asn: 64_500, network: '20.0.0.0/24' })
    assert.equal(orderOf(found), 'fra lhr iad')
    assert.ok(Math.abs(found.lhr - found.fra - (PRIOR.lhr - PRIOR.fra)) < 1e-6)
  })

  it('endpoints that were measured by slower clients do not look slower (E10)', () => {
    const estimator = newEstimator()
    // Cellular networks, 60 ms slower to everything, measured Frankfurt and Washington; fixed ones all three.
    reportFrom(estimator, { first: 0, count: 8 }, { fra: PRIOR.fra + 60, iad: PRIOR.iad + 60 })
    reportFrom(estimator, { first: 20, count: 3 }, PRIOR)
    const found = estimates(estimator.view(START_MS))
    assert.ok(Math.abs(found.lhr - found.fra - (PRIOR.lhr - PRIOR.fra)) < 3, JSON.stringify(found))
  })

  it('networks that measured one endpoint alone do not outvote those that compared it (E10)', () => {
    const estimator = newEstimator()
    reportFrom(estimator, { first: 0, count: 12 }, { fra: PRIOR.fra + 60 })
    reportFrom(estimator, { first: 20, count: 3 }, PRIOR)
    const found = estimates(estimator.view(START_MS))
    assert.ok(Math.abs(found.lhr - found.fra - (PRIOR.lhr - PRIOR.fra)) < 3, JSON.stringify(found))
  })

  it('a network knows its AS, though only the network is named', () => {
    const estimator = newEstimator()
    reportFrom(estimator, { count: 9 }, { fra: 60, lhr: 35, iad: 120 }, { asn: 64_500 })
    reportFrom(estimator, { first: 20, count: 9 }, PRIOR, { asn: 64_501 })
    const view = estimator.view(START_MS)
    const network = '20.0.0.0/24'
    assert.deepEqual(estimates(view, { at: 'fra', network }), estimates(view, { at: 'fra', network, asn: 64_500 }))
  })

  it('an endpoint without a place is estimated from what was measured, and from nothing else', () => {
    const estimator = newEstimator()
    const endpoint = makeEndpoint('x', 3, { a: ['192.0.2.1'] })
    const client = { location: makeLocation({ at: 'fra' }), network: null }
    assert.equal(estimator.view(START_MS).estimate(endpoint, client), null)
    for (let i = 0; i < 4; i++) {
      for (let n = 0; n < 5; n++) {
        estimator.addReport({ ...reportOf({ prefix: networkNumbered(i), to: 'fra', rttMs: 90 }), endpoint })
        estimator.addReport(reportOf({ prefix: networkNumbered(i), to: 'fra', rttMs: 20 }))
      }
    }
    assert.equal(estimator.view(START_MS).estimate(endpoint, client)?.source, 'country')
  })

  it('a client that nobody can place has estimates of its own network only', () => {
    const estimator = newEstimator()
    reportFrom(estimator, { count: 1 }, { fra: 80, lhr: 40 }, { from: {} })
    const network = { address: reportOf({ prefix: '20.0.0.0/24', to: 'fra', rttMs: 1 }).prefix, prefixLength: 24 }
    const nowhere = makeLocation({})
    const view = estimator.view(START_MS)
    assert.deepEqual(
      ALL.map((endpoint) => view.estimate(endpoint, { location: nowhere, network })?.source ?? null),
      ['prefix', 'prefix', null],
    )
    assert.equal(view.estimate(ENDPOINTS.fra, { location: nowhere, network: null }), null)
  })

  it('never says less than light needs, nor more than a second', () => {
    const estimator = newEstimator()
    reportFrom(estimator, { count: 40 }, { fra: 3000, lhr: 3000, iad: 60 })
    const found = estimates(estimator.view(START_MS))
    assert.ok(found.iad >= 65, `${found.iad} ms to Washington`)
    assert.equal(found.fra, 1000)
  })
})

describe('publishing', () => {
  it('is the same object while nothing has moved', () => {
    const estimator = newEstimator()
    const empty = estimator.view(START_MS)
    assert.equal(estimator.view(START_MS + HOUR_MS), empty)
    reportFrom(estimator, { count: 3 }, { fra: 60, lhr: 35 })
    const heard = estimator.view(START_MS)
    assert.notEqual(heard, empty)
    assert.equal(estimator.view(START_MS), heard)
    // More of the same.
    reportFrom(estimator, { count: 3 }, { fra: 60, lhr: 35 }, { times: 2 })
    assert.equal(estimator.view(START_MS + MINUTE_MS), heard)
  })

  it('a view says later what it said before, whatever is learnt meanwhile', () => {
    const estimator = newEstimator()
    reportFrom(estimator, { count: 5 }, { fra: 60, lhr: 35 })
    const view = estimator.view(START_MS)
    const before = estimates(view)
    reportFrom(estimator, { first: 50, count: 20 }, { fra: 20, lhr: 90 })
    estimator.view(START_MS + 10 * MINUTE_MS)
    assert.deepEqual(estimates(view), before)
  })

  const moves: readonly [string, number, number, boolean][] = [
    ['4 ms more, after an hour', 39, 1, false],
    ['12 ms more, within five minutes', 47, 4 / 60, false],
    ['12 ms more, after an hour', 47, 1, true],
  ]
  for (const [name, rttMs, hours, isMoved] of moves) {
    it(`${name}: ${isMoved ? 'moves' : 'stays'}`, () => {
      const estimator = newEstimator()
      // Within one bucket of the prefix level, whose turn makes evidence older.
      const atMs = Math.ceil(START_MS / (1.5 * HOUR_MS)) * 1.5 * HOUR_MS
      reportFrom(estimator, { count: 30 }, { fra: 30, lhr: 35, iad: 130 }, { atMs, times: 3 })
      const first = estimator.view(atMs)
      const later = atMs + hours * HOUR_MS
      // As many of the new as make the quarter of each network.
      reportFrom(estimator, { count: 30 }, { lhr: rttMs }, { atMs: later, times: 15 })
      const before = estimates(first).lhr
      const after = estimates(estimator.view(later)).lhr
      assert.equal(Math.abs(after - before) > 1, isMoved, `from ${before} to ${after} ms`)
    })
  }

  it('9 ms more stay unsaid where samples are scattered over more than that', () => {
    const estimator = newEstimator()
    const atMs = Math.ceil(START_MS / (1.5 * HOUR_MS)) * 1.5 * HOUR_MS
    const send = (rttMs: number, times: number, when: number) =>
      report(estimator, { prefix: '20.0.0.0/24', to: 'fra', rttMs, times, atMs: when })
    send(20, 4, atMs)
    send(80, 8, atMs)
    const before = estimator.view(atMs)
    send(30, 5, atMs + HOUR_MS)
    assert.equal(estimator.view(atMs + HOUR_MS), before)
  })

  it('what is not measured any more is forgotten: the prefix after 12 h, the ASN after 48, the country after six days', () => {
    const estimator = newEstimator()
    for (const [i, asn] of ASNS.entries()) {
      reportFrom(estimator, { first: 6 * i, count: 6 }, { fra: 60, lhr: 35, iad: 120 }, { asn })
    }
    const client = {
      location: makeLocation({ at: 'fra', asn: 64_500 }),
      network: { address: reportOf({ prefix: '20.0.0.0/24', to: 'fra', rttMs: 1 }).prefix, prefixLength: 24 },
    }
    const sourcesAt: (readonly [number, Evidence])[] = []
    for (let hour = 0; hour <= 150; hour += 0.75) {
      const { source } = estimator.view(START_MS + hour * HOUR_MS).estimate(ENDPOINTS.lhr, client)!
      if (sourcesAt.at(-1)?.[1] !== source) sourcesAt.push([hour, source])
    }
    assert.deepEqual(
      sourcesAt.map(([, source]) => source),
      ['prefix', 'asn', 'country', 'distance'],
    )
    const until = sourcesAt.slice(1).map(([hour]) => hour)
    // Buckets of 1.5, 6 and 18 h: seven to eight of them.
    for (const [i, bucketHours] of [1.5, 6, 18].entries()) {
      assert.ok(until[i]! >= 7 * bucketHours && until[i]! <= 8 * bucketHours + 1, `${until}`)
    }
    assert.deepEqual(estimator.counts(), { networks: 0, nodes: 0 })
  })
})

describe('networks that are told apart', () => {
  const named = (estimator: ReturnType<typeof newEstimator>, endpoints = ALL) => {
    const { asns, prefixes } = estimator.view(START_MS).networks(endpoints)
    return { asns, prefixes: prefixes.map(formatPrefix) }
  }

  it('those whose clients are served otherwise than their place, and of these endpoints only', () => {
    const estimator = newEstimator()
    const far = ['fra', 'lhr', 'iad'] as const
    for (let i = 0; i < 20; i++) {
      const asn = i < 10 ? 64_500 : 64_502
      for (const to of far) report(estimator, { prefix: networkNumbered(i), asn, to, rttMs: PRIOR[to] })
    }
    for (let i = 0; i < 6; i++) {
      for (const to of far)
        report(estimator, {
          prefix: networkNumbered(50 + i),
          asn: 64_501,
          to,
          rttMs: PRIOR[to] + (to === 'fra' ? 28 : 0),
        })
    }
    for (const to of far)
      report(estimator, {
        prefix: '30.0.0.0/24',
        asn: 64_500,
        to,
        rttMs: PRIOR[to] + (to === 'lhr' ? 28 : 0),
        times: 20,
      })
    assert.deepEqual(named(estimator), { asns: [64_501], prefixes: ['30.0.0.0/24'] })
    assert.deepEqual(named(estimator, [ENDPOINTS.iad]), { asns: [], prefixes: [] })
    assert.deepEqual(named(estimator, [makeEndpoint('x', 0, { site: 'syd' })]), { asns: [], prefixes: [] })
  })

  it('at most 64 ASNs and 256 networks', () => {
    const estimator = newEstimator()
    for (let i = 0; i < 300; i++) {
      const extra = i % 2 === 0 ? 30 : 0
      const measured = { fra: PRIOR.fra + extra, lhr: PRIOR.lhr + 30 - extra }
      reportFrom(estimator, { first: i * 3, count: 3 }, measured, { asn: 64_500 + i })
    }
    const { asns, prefixes } = named(estimator)
    assert.equal(asns.length, 64)
    assert.equal(new Set(prefixes).size, 256)
    assert.equal(prefixes.length, 256)
  })
})
