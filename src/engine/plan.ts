/** The engine's door: a policy and its facts become a planner, a planner makes plans. */

import type { Client } from '../domain/client.ts'
import type { PolicyFacts } from '../domain/facts.ts'
import { DEPENDS, type Plan } from '../domain/plan.ts'
import type { Policy, Sticky } from '../domain/policy.ts'
import { assemble, type Recording, stickyOf } from './assemble.ts'
import { compileChain } from './chain.ts'
import { createRecorder } from './trace.ts'
import type { Tree } from './tree.ts'
import type { View } from './view.ts'
import { createWalker } from './walk.ts'

export interface Planner {
  /** Without tracing, plans that come out equal are the same object. */
  plan(client: Client): Plan
  /** Superset of the {@link DEPENDS} bits that any plan may have read. */
  readonly reads: number
  /** Next edge of any time window of the policy: then the planner is out of date. Infinity without one. */
  readonly validUntilMs: number
}

/** Plans one client, with its trace. Pure: no clock, no dice, no I/O; the same inputs give an equal plan. */
export function plan(policy: Policy, client: Client, facts: PolicyFacts, nowMs: number): Plan {
  return createPlanner(policy, facts, nowMs, { trace: true }).plan(client)
}

/** Settles once all that does not hang on the client: selectors, verdicts on health, distances' one end, time windows. */
export function createPlanner(
  policy: Policy,
  facts: PolicyFacts,
  nowMs: number,
  options: { readonly trace?: boolean } = {},
): Planner {
  const chain = compileChain(policy, facts, nowMs)
  const { walk, view } = createWalker(chain, policy.onAllDown)
  const interned = new Map<number | string, Plan>()

  function untraced(tree: Tree): Plan {
    const key = keyOf(tree, view)
    const known = interned.get(key)
    if (known !== undefined) return known
    const made = assemble(tree, readingOf(view), policy, chain, nowMs, NO_RECORD)
    interned.set(key, made)
    return made
  }

  return {
    reads: chain.reads,
    validUntilMs: chain.validUntilMs,
    plan(client) {
      const recorder = options.trace === true ? createRecorder() : null
      const tree = walk(client, recorder)
      if (tree.readsCanary) view.reads |= DEPENDS.network
      readSticky(stickyOf(tree, chain), view)
      if (recorder === null) return untraced(tree)
      const record = { exclusions: recorder.exclusions, trace: recorder.steps }
      return assemble(tree, readingOf(view), policy, chain, nowMs, record)
    },
  }
}

const NO_RECORD: Recording = { exclusions: [], trace: [] }

const ALL_DEPENDS = Object.values(DEPENDS).reduce((bits, bit) => bits | bit, 0)

/** A number for the common case, text where a header or a time window was read. */
function keyOf(tree: Tree, view: View): number | string {
  if (view.headers.size === 0 && view.validUntilMs === Number.POSITIVE_INFINITY) {
    return tree.id * (ALL_DEPENDS + 1) + view.reads
  }
  return [tree.id, view.reads, view.validUntilMs, ...headersOf(view)].join()
}

const headersOf = (view: View): readonly string[] => [...view.headers].sort()

const readingOf = (view: View) => ({
  dependsOn: view.reads,
  headers: headersOf(view),
  validUntilMs: view.validUntilMs,
})

/** Notes what the draw is made of: the key, or the network where the client does not show it (slots.ts). */
function readSticky(sticky: Sticky, view: View): void {
  const { request } = view.client
  switch (sticky.by) {
    case 'none':
      return
    case 'network':
      view.reads |= DEPENDS.network
      return
    case 'tenant':
      view.reads |= DEPENDS.tenant | (request?.tenant?.id === undefined ? DEPENDS.network : 0)
      return
    case 'path':
      view.reads |= DEPENDS.path | (request === null ? DEPENDS.network : 0)
      return
    case 'header':
      view.headers.add(sticky.name)
      view.reads |= DEPENDS.header | (request?.header(sticky.name) === undefined ? DEPENDS.network : 0)
  }
}
