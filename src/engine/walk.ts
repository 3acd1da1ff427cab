/** Runs a client through the chain: a tree of the branches on which clients part, each ending in a dealt leaf. */

import type { Client } from '../domain/client.ts'
import type { Outcome } from '../domain/plan.ts'
import type { OnAllDown } from '../domain/policy.ts'
import { axisName, axisOfStep, bandBelow, bandFrom, CANARY, inBand, insideBand, widestPart } from './bands.ts'
import { type Candidates, copyOf, createCandidates, endOf, GROUP, reset, splitTiers, TIER } from './candidates.ts'
import type { Chain, ChainStep } from './chain.ts'
import { createDealer, mostLists } from './deal.ts'
import { type Pass, pictureOf, type Recorder, recordEnd, recordGone, recordStep } from './trace.ts'
import { createForest, type Leaf, type Tree } from './tree.ts'
import { closeVacancies, type Orphans } from './vacancies.ts'
import { createView, DRAWS, FALSE, NOBODY, TRUE, type Truth, UNDECIDED, UNSEEN, type View } from './view.ts'

/** Bounds what a plan, and what is compiled from it, can grow to. */
const MOST_LEAVES = 64
/** Plans number their lists with 16 bits. */
const MOST_LISTS = 65_535

export interface Walker {
  walk(client: Client, recorder: Recorder | null): Tree
  /** What the last walk read of its client. */
  readonly view: View
}

export function createWalker(chain: Chain, onAllDown: OnAllDown): Walker {
  const { endpoints } = chain.material
  const forest = createForest()
  const deal = createDealer(endpoints)
  const axisCount = chain.steps.length + 1
  const leafLimit = Math.min(MOST_LEAVES, Math.floor(MOST_LISTS / Math.max(1, mostLists(endpoints.length))))
  // The one walk under way. Steps, too, keep scratch arrays: a planner is not re-entrant, and need not be.
  const view = createView(NOBODY)
  const root = createCandidates(endpoints.length)
  const codes = new Uint16Array(3 * endpoints.length + 6)
  const run: { recorder: Recorder | null } = { recorder: null }

  function walk(c: Candidates, start: number, pass: Pass): Tree {
    const steps = pass === 'chain' ? chain.steps : chain.allDown
    for (let i = start; i < steps.length; i++) {
      const step = steps[i]!
      let truth: Truth = TRUE
      if (step.when !== null) {
        view.canaryFrom = bandFrom(c, CANARY)
        view.canaryBelow = bandBelow(c, CANARY)
        truth = step.when.test(view)
        if (truth === UNDECIDED) {
          if (c.budget > 1) return fork(c, CANARY, [view.undecidedAt], (child) => walk(child, i, pass))
          truth = settle(step)
        }
      }
      if (truth === FALSE || (truth === UNSEEN && step.step.assume !== true)) {
        passOver(c, step, truth, pass)
        continue
      }
      if (step.runner.edges === undefined) {
        apply(c, step, 0, pass)
        continue
      }
      const axis = axisOfStep(step.step.index)
      const edges = insideBand(c, axis, step.runner.edges(c, view))
      if (edges.length > 0 && edges.length < c.budget) {
        return fork(c, axis, edges, (child) => {
          apply(child, step, bandFrom(child, axis), pass)
          return walk(child, i + 1, pass)
        })
      }
      apply(c, step, widestPart(c, axis, edges), pass)
    }
    return pass === 'chain' ? endChain(c) : endAllDown(c)
  }

  function apply(c: Candidates, step: ChainStep, draw: number, pass: Pass): void {
    const before = run.recorder === null ? null : pictureOf(c)
    step.runner.apply(c, view, draw)
    if (run.recorder !== null && before !== null) recordStep(run.recorder, step, 'applied', before, c, view, pass)
  }

  function passOver(c: Candidates, step: ChainStep, truth: Truth, pass: Pass): void {
    if (run.recorder === null) return
    recordStep(run.recorder, step, truth === UNSEEN ? 'unseen' : 'skipped', pictureOf(c), c, view, pass)
  }

  /** `edges` lie inside the branch's band. The children share the branch's budget of leaves evenly. */
  function fork(c: Candidates, axis: number, edges: readonly number[], go: (child: Candidates) => Tree): Tree {
    const starts = [bandFrom(c, axis), ...edges]
    const ends = [...edges, bandBelow(c, axis)]
    const below = starts.map((from, i) => {
      const child = inBand(copyOf(c), axisCount, axis, from, ends[i]!)
      child.budget = Math.floor((c.budget + i) / starts.length)
      return go(child)
    })
    return forest.branch(axisName(axis), [...edges, DRAWS], below)
  }

  /**
   * Past its budget a branch is not parted any more: the greater side speaks for both. Only a hard fence then
   * stands for all, as it holds for some.
   */
  function settle(step: ChainStep): Truth {
    if (step.hard || step.when === null) return TRUE
    let truth: Truth = UNDECIDED
    while (truth === UNDECIDED) {
      const { canaryFrom, canaryBelow, undecidedAt } = view
      if (undecidedAt - canaryFrom >= canaryBelow - undecidedAt) view.canaryBelow = undecidedAt
      else view.canaryFrom = undecidedAt
      truth = step.when.test(view)
    }
    return truth
  }

  function endChain(c: Candidates): Tree {
    const orphans = closeVacancies(c)
    if (c.count > 0) return endListed(c, 'steered', orphans)
    const again = createCandidates(endpoints.length)
    reset(again)
    again.bands = c.bands
    again.budget = c.budget
    again.gone = c.gone
    if (onAllDown.mode === 'lastResort') splitTiers(again, chain.reluctance, 4, 'asNumbered')
    return walk(again, 0, 'allDown')
  }

  /** Only a hard fence can have emptied this pass: it runs them first, and no other step in it drops the last one. */
  function endAllDown(c: Candidates): Tree {
    if (c.count === 0 && endpoints.length > 0) return endWith(c, 'fenced', [])
    switch (onAllDown.mode) {
      case 'lastResort':
        // Health is ignored, not the policy: the disabled are the last tier, and where only they are left nobody answers.
        return c.count > 0 && endpoints[c.order[0]!]!.enabled
          ? endListed(c, 'lastResort', null)
          : endWith(c, 'failClosed', [])
      case 'failClosed':
        return endWith(c, 'failClosed', [])
      case 'static':
        if (!('endpoint' in onAllDown)) return endWith(c, 'static', [])
        return c.order.subarray(0, c.count).includes(onAllDown.endpoint)
          ? endWith(c, 'static', [onAllDown.endpoint])
          : endWith(c, 'fenced', [])
    }
  }

  function endWith(c: Candidates, outcome: Outcome, list: readonly number[]): Leaf {
    if (run.recorder !== null) recordGone(run.recorder, c, list)
    return forest.leaf(outcome, outcome, -1, () => ({ lists: [list], slots: new Uint16Array(1) }))
  }

  function endListed(c: Candidates, outcome: 'steered' | 'lastResort', orphans: Orphans | null): Leaf {
    const { spreadStep, cut } = c
    const spread = chain.spreads.get(spreadStep)
    const frontEnd = spread === undefined ? 0 : endOf(c, 0, GROUP)
    const length = Math.min(endOf(c, 0, TIER), Math.max(frontEnd, cut))
    codes[0] = outcome === 'steered' ? 0 : 1
    codes[1] = spreadStep + 1
    codes[2] = cut
    codes[3] = frontEnd
    for (let p = 0; p < length; p++) codes[p + 4] = c.order[p]!
    // What is dealt is a set: its order must not tell hands apart.
    if (frontEnd > 1) codes.subarray(4, 4 + frontEnd).sort()
    const end = orphans === null ? length + 4 : addOrphans(codes, length + 4, orphans)
    const leaf = forest.leaf(textOf(codes.subarray(0, end)), outcome, spreadStep, () => {
      const all = [...codes.subarray(4, length + 4)]
      if (orphans !== null) {
        const headroom = chain.headrooms.get(orphans.step) ?? NO_WEIGHTS
        const weights = spread?.weights ?? NO_WEIGHTS
        return deal({
          step: spreadStep,
          weights,
          front: orphans.front,
          behind: all,
          cut,
          orphans: { ...orphans, headroom },
        })
      }
      if (spread === undefined) return { lists: [all], slots: new Uint16Array(1) }
      const front = all.slice(0, frontEnd)
      return deal({ step: spreadStep, weights: spread.weights, front, behind: all, cut, orphans })
    })
    if (run.recorder !== null) recordEnd(run.recorder, c, leaf.lists, spread?.weights ?? null)
    return leaf
  }

  return {
    view,
    walk(client, recorder) {
      view.client = client
      view.reads = 0
      view.headers.clear()
      view.validUntilMs = Number.POSITIVE_INFINITY
      run.recorder = recorder
      reset(root)
      root.budget = leafLimit
      if (recorder !== null) root.gone = endpoints.map(() => null)
      return walk(root, 0, 'chain')
    },
  }
}

/** Told from all other leaves by what follows its order. Returns where the codes end. */
function addOrphans(codes: Uint16Array, at: number, { step, front, survivors }: Orphans): number {
  codes[at] = step + 1
  codes[at + 1] = front.length
  codes.set(front, at + 2)
  codes.set(survivors, at + 2 + front.length)
  return at + 2 + front.length + survivors.length
}

/** All are equal. */
const NO_WEIGHTS = new Float64Array(0)

/** `fromCharCode` takes its arguments on the stack. */
const MOST_ARGUMENTS = 4096

function textOf(codes: Uint16Array): string {
  let text = ''
  for (let i = 0; i < codes.length; i += MOST_ARGUMENTS) {
    text += String.fromCharCode(...codes.subarray(i, i + MOST_ARGUMENTS))
  }
  return text
}
