import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { DEPENDS, type Dependency, type Outcome, type Plan, type PlanNode } from '../../../src/domain/plan.ts'
import { createPlanner, plan } from '../../../src/engine/plan.ts'
import { shares } from '../../../src/engine/shares.ts'
import {
  type CompactClient,
  type CompactFacts,
  type CompactPolicy,
  makeClient,
  makeFacts,
  makePolicy,
} from '../../helpers/engine.ts'

/** What a row demands of the plan. A key that is absent is not looked at, but for `outcome`: absent, it is `steered`. */
interface Expectation {
  outcome?: Outcome
  /** All lists, in any order. */
  lists?: readonly (readonly string[])[]
  /** Endpoints that are somebody's first choice, in the policy's order. */
  first?: readonly string[]
  /** First-choice shares, ± half a percentage point; endpoints that are absent have none. */
  shares?: Readonly<Record<string, number>>
  /** All exclusions: kind of reason, or `kind@step`. */
  exclusions?: Readonly<Record<string, string>>
  ttl?: number
  /** ISO time; null: for ever. */
  validUntil?: string | null
  dependsOn?: readonly Dependency[]
  headers?: readonly string[]
  sticky?: string
  canary?: boolean
  /** URL of the static target. */
  target?: string | null
  /** Slot tables in the tree. */
  leaves?: number
  /** By step: what the trace says of it. */
  effects?: Readonly<Record<string, string>>
  /** Values of the first `nearest`, ± 0.2%. */
  distances?: Readonly<Record<string, number>>
}

interface Row {
  name: string
  policy: string | CompactPolicy
  facts?: Readonly<Record<string, CompactFacts>>
  client?: CompactClient
  now?: string
  expect: Expectation
}

interface VectorFile {
  specVersion: number
  policies: Readonly<Record<string, CompactPolicy>>
  rows: readonly Row[]
}

const FOLDER = new URL('../../vectors/steering/', import.meta.url)
const DEFAULT_NOW = '2026-01-15T12:00:00Z'

type Check<K extends keyof Expectation> = (
  p: Plan,
  expected: NonNullable<Expectation[K]> | null,
  ids: readonly string[],
) => void

const CHECKS: { readonly [K in keyof Required<Expectation>]: Check<K> } = {
  outcome: (p, expected) => assert.equal(p.outcome, expected),
  lists: (p, expected, ids) => {
    const named = p.lists.map((list) => list.map((endpoint) => ids[endpoint]).join(' '))
    assert.deepEqual(named.sort(), expected?.map((list) => list.join(' ')).sort())
  },
  first: (p, expected, ids) => {
    const of = shares(p, ids.length)
    assert.deepEqual(
      ids.filter((_, i) => of[i]! > 0),
      expected,
    )
  },
  shares: (p, expected, ids) => {
    const of = shares(p, ids.length)
    ids.forEach((id, i) => {
      const share = expected?.[id] ?? 0
      assert.ok(Math.abs(of[i]! - share) < 0.005, `share of ${id} is ${of[i]}, expected ${share}`)
      assert.equal(of[i]! > 0, share > 0, `share of ${id} is ${of[i]}`)
    })
  },
  exclusions: (p, expected, ids) => {
    const found = p.exclusions.map(({ endpoint, step, reason }) => [ids[endpoint], `${reason.kind}@${step}`])
    assert.deepEqual(Object.fromEntries(found), expected)
  },
  ttl: (p, expected) => assert.equal(p.ttlSeconds, expected),
  validUntil: (p, expected) =>
    assert.equal(
      Number.isFinite(p.validUntilMs) ? new Date(p.validUntilMs).toISOString() : null,
      expected && new Date(expected).toISOString(),
    ),
  dependsOn: (p, expected) => {
    const read = (Object.keys(DEPENDS) as Dependency[]).filter((bit) => (p.dependsOn & DEPENDS[bit]) !== 0)
    assert.deepEqual(read.sort(), [...(expected ?? [])].sort())
  },
  headers: (p, expected) => assert.deepEqual(p.headers, expected),
  sticky: (p, expected) => assert.equal(p.sticky.by, expected),
  canary: (p, expected) => assert.equal(p.canary, expected),
  target: (p, expected) => assert.equal(p.target?.url ?? null, expected),
  leaves: (p, expected) => assert.equal(leavesOf(p.root), expected),
  effects: (p, expected) => {
    for (const [step, effect] of Object.entries(expected ?? {})) {
      assert.equal(p.trace.find((entry) => entry.step === Number(step))?.effect, effect, `step ${step}`)
    }
  },
  distances: (p, expected, ids) => {
    const values = p.trace.find((entry) => entry.kind === 'nearest')?.values ?? []
    for (const [id, km] of Object.entries(expected ?? {})) {
      const value = values.find(({ endpoint }) => ids[endpoint] === id)?.value
      assert.ok(
        value !== undefined && Math.abs(value - km) <= Math.max(0.01, km * 0.002),
        `${id}: ${value} km, expected ${km}`,
      )
    }
  },
}

const leavesOf = (node: PlanNode): number =>
  node.kind === 'slots' ? 1 : node.below.reduce((sum, child) => sum + leavesOf(child), 0)

let rowCount = 0

for (const file of readdirSync(FOLDER).sort()) {
  const vectors = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as VectorFile
  describe(`steering vectors: ${file}`, () => {
    assert.equal(vectors.specVersion, 1)
    for (const row of vectors.rows) {
      rowCount++
      it(row.name, () => check(row, vectors.policies))
    }
  })
}

it('there are at least 200 steering vectors', () => assert.ok(rowCount >= 200))

function check(row: Row, shared: VectorFile['policies']): void {
  const compact = typeof row.policy === 'string' ? shared[row.policy] : row.policy
  assert.ok(compact !== undefined, `no policy ${String(row.policy)}`)
  const policy = makePolicy(compact)
  const facts = makeFacts(policy, row.facts)
  const client = makeClient(row.client)
  const nowMs = Date.parse(row.now ?? DEFAULT_NOW)
  const traced = plan(policy, client, facts, nowMs)
  const ids = policy.endpoints.map((endpoint) => endpoint.id)

  for (const [key, expected] of Object.entries({ outcome: 'steered', ...row.expect })) {
    const run = CHECKS[key as keyof Expectation] as Check<never> | undefined
    assert.ok(run !== undefined, `no check ${key}`)
    run(traced, expected as never, ids)
  }

  const planner = createPlanner(policy, facts, nowMs)
  const bare = planner.plan(client)
  assert.deepEqual(bare, { ...traced, trace: [], exclusions: [] }, 'tracing changes nothing else')
  assert.equal(planner.plan(client), bare, 'equal plans are one object')
  assert.equal(bare.dependsOn & ~planner.reads, 0, 'planner.reads covers what was read')
  assert.ok(planner.validUntilMs <= bare.validUntilMs, 'the planner expires no later than its plans')

  const listed = new Set(traced.lists.flat())
  const excluded = new Set(traced.exclusions.map(({ endpoint }) => endpoint))
  for (const { id, index } of policy.endpoints) {
    assert.equal(listed.has(index), !excluded.has(index), `${id} is in a list or excluded, and not both`)
  }
}
