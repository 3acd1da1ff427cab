import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Evidence, PolicyFacts } from '../../../src/domain/facts.ts'
import { DEPENDS } from '../../../src/domain/plan.ts'
import { createPlanner, plan } from '../../../src/engine/plan.ts'
import { shares } from '../../../src/engine/shares.ts'
import { type CompactStep, makeClient, makeFacts, makePolicy } from '../../helpers/engine.ts'

type Known = readonly [rttMs: number, source: Evidence] | null

const NOW_MS = 0

function explored(known: readonly Known[], steer: readonly CompactStep[], weights: readonly number[] = []) {
  const endpoints = Object.fromEntries(known.map((_, i) => [`e${i}`, { weight: weights[i] ?? 1 }]))
  const policy = makePolicy({ endpoints, steer })
  const facts: PolicyFacts = {
    ...makeFacts(policy),
    latency: {
      networks: () => ({ asns: [], prefixes: [] }),
      estimate({ index }) {
        const [rttMs, source] = known[index] ?? []
        return rttMs === undefined || source === undefined ? null : { rttMs, sdMs: 2, source, samples: 40 }
      },
    },
  }
  return { policy, facts }
}

const ASN = 'asn' as const
const FASTEST: readonly CompactStep[] = [{ fastest: { explore: 25 } }]
const ROWS: readonly (readonly [
  what: string,
  known: readonly Known[],
  firsts: readonly number[],
  steer?: readonly CompactStep[],
  weights?: readonly number[],
])[] = [
  [
    'the second best, for its share',
    [
      [40, ASN],
      [60, ASN],
      [65, ASN],
    ],
    [0.75, 0.25, 0],
  ],
  [
    'as near as 30 ms',
    [
      [40, ASN],
      [70, ASN],
    ],
    [0.75, 0.25],
  ],
  [
    'and no farther',
    [
      [40, ASN],
      [70.1, ASN],
    ],
    [1, 0],
  ],
  [
    'not where distance alone speaks for the best',
    [
      [40, 'distance'],
      [45, ASN],
    ],
    [1, 0],
  ],
  [
    'the second may be known by distance alone: it is whom to measure',
    [
      [40, 'country'],
      [45, 'distance'],
    ],
    [0.75, 0.25],
  ],
  ['nobody where one is all there is', [[40, ASN]], [1]],
  ['nobody without an estimate', [[40, ASN], null], [1, 0]],
  [
    'no standby',
    [
      [40, ASN],
      [45, ASN],
      [50, ASN],
    ],
    [0.75, 0, 0.25],
    FASTEST,
    [1, 0, 1],
  ],
  [
    'who counts as equal is not whom to explore',
    [
      [40, ASN],
      [42, ASN],
      [55, ASN],
    ],
    [0.75, 0, 0.25],
    [{ fastest: { within: 5, explore: 25 } }],
  ],
  [
    'switched off',
    [
      [40, ASN],
      [45, ASN],
    ],
    [1, 0],
    [{ fastest: { explore: 0 } }],
  ],
  [
    'what is dealt already stays',
    [
      [40, ASN],
      [45, ASN],
    ],
    [0.5, 0.5],
    [{ spread: { by: 'equal' } }, ...FASTEST],
  ],
  [
    'only among those in front',
    [
      [40, ASN],
      [45, ASN],
      [50, ASN],
    ],
    [0.75, 0, 0.25],
    [{ prefer: [{ id: ['e0', 'e2'] }] }, ...FASTEST],
  ],
]
for (const [what, known, firsts, steer = FASTEST, weights] of ROWS) {
  test(`explores: ${what}`, () => {
    const { policy, facts } = explored(known, steer, weights)
    const made = plan(policy, makeClient(), facts, NOW_MS)
    assert.deepEqual(
      [...shares(made, known.length)].map((share) => Math.round(share * 100) / 100),
      firsts,
    )
  })
}

test('the others stay in their order behind the one explored', () => {
  const { policy, facts } = explored([[40, ASN], [50, ASN], [60, ASN], null], FASTEST)
  const { lists } = plan(policy, makeClient(), facts, NOW_MS)
  assert.deepEqual([...lists].sort(), [
    [0, 1, 2, 3],
    [1, 0, 2, 3],
  ])
})

test('the trace tells the fastest why it is not first, and what every value is known from', () => {
  const { policy, facts } = explored(
    [
      [40, ASN],
      [50, 'country'],
      [60, ASN],
    ],
    FASTEST,
  )
  const { trace } = plan(policy, makeClient(), facts, NOW_MS)
  const exploring = trace.find(({ after }) => after[0] === 1)
  assert.deepEqual(
    exploring?.touched.map(({ endpoint, reason }) => [endpoint, reason.kind]),
    [
      [0, 'behindExplored'],
      [2, 'slower'],
    ],
  )
  assert.deepEqual(exploring?.values[1], {
    endpoint: 1,
    value: 50,
    estimate: { rttMs: 50, sdMs: 2, source: 'country', samples: 40 },
  })
})

for (const [asns, prefixes, reads] of [
  [0, 0, DEPENDS.location],
  [1, 0, DEPENDS.location | DEPENDS.asn],
  [1, 1, DEPENDS.location | DEPENDS.asn | DEPENDS.cidr],
] as const) {
  test(`a plan depends on what is told apart: ${asns} ASNs, ${prefixes} prefixes`, () => {
    const { policy, facts } = explored(
      [
        [40, ASN],
        [90, ASN],
      ],
      FASTEST,
    )
    const prefix = { family: 4, bytes: new Uint8Array(4), length: 24 } as const
    const named = { asns: [64500].slice(0, asns), prefixes: [prefix].slice(0, prefixes) }
    const latency = { ...facts.latency, networks: () => named }
    const planner = createPlanner(policy, { ...facts, latency }, NOW_MS)
    assert.equal(planner.plan(makeClient()).dependsOn, reads)
  })
}
