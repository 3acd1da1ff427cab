/** A policy's steps, compiled for one set of facts at one time. */

import { NO_FACTS, type PolicyFacts } from '../domain/facts.ts'
import type { Policy, Step, Sticky } from '../domain/policy.ts'
import { compileCondition } from './conditions/index.ts'
import { compileStep } from './steps/index.ts'
import { weightsFor } from './steps/spread.ts'
import type { Material, StepRunner } from './steps/step.ts'
import type { Test } from './view.ts'

export interface ChainStep {
  readonly step: Step
  readonly when: Test | null
  readonly runner: StepRunner
  /** A fence that is never relaxed. */
  readonly hard: boolean
}

export interface Chain {
  readonly steps: readonly ChainStep[]
  /** What runs when `steps` leaves nothing: the hard fences, then for `lastResort` all others but `up` and `shed`. */
  readonly allDown: readonly ChainStep[]
  /** By index of the `spread` step. */
  readonly spreads: ReadonlyMap<number, { readonly weights: Float64Array; readonly sticky: Sticky }>
  /** By index of the `up` step that fails over by headroom: weights by endpoint index. */
  readonly headrooms: ReadonlyMap<number, Float64Array>
  /**
   * By endpoint index, for `lastResort`: 0 where only checks may be wrong; 1 draining and 2 overridden to down, because an
   * operator's word outlasts the checks'; 3 disabled.
   */
  readonly reluctance: Uint16Array
  readonly material: Material
  readonly reads: number
  readonly validUntilMs: number
}

export function compileChain(policy: Policy, facts: PolicyFacts, nowMs: number): Chain {
  const { endpoints } = policy
  const material: Material = {
    endpoints,
    facts: endpoints.map((_, i) => facts.endpoints[i] ?? NO_FACTS),
    latency: facts.latency,
    unreachable: facts.unreachable.filter(({ expiresAtMs }) => expiresAtMs > nowMs),
    nowMs,
  }
  const steps = policy.steps.map(
    (step): ChainStep => ({
      step,
      when: step.when === null ? null : compileCondition(step.when, nowMs),
      runner: compileStep(step, material),
      hard: isHard(step),
    }),
  )
  const rest = steps.filter(({ step, hard }) => !hard && step.kind !== 'up' && step.kind !== 'shed')
  return {
    steps,
    allDown: [...steps.filter(({ hard }) => hard), ...(policy.onAllDown.mode === 'lastResort' ? rest : [])],
    spreads: new Map(
      policy.steps.flatMap((step) =>
        step.kind === 'spread'
          ? [[step.index, { weights: weightsFor(step, material), sticky: step.sticky }] as const]
          : [],
      ),
    ),
    headrooms: new Map(
      steps.flatMap(({ step, runner }) =>
        runner.headroom === undefined ? [] : [[step.index, runner.headroom] as const],
      ),
    ),
    reluctance: Uint16Array.from(endpoints, ({ enabled }, i) => {
      const state = material.facts[i]?.override?.state
      return !enabled ? 3 : state === 'down' ? 2 : state === 'drain' ? 1 : 0
    }),
    material,
    reads: steps.reduce((bits, { when, runner }) => bits | runner.reads | (when?.reads ?? 0), 0),
    validUntilMs: Math.min(
      Number.POSITIVE_INFINITY,
      ...steps.flatMap(({ when, runner }) => [
        when?.validUntilMs ?? Number.POSITIVE_INFINITY,
        runner.validUntilMs ?? Number.POSITIVE_INFINITY,
      ]),
    ),
  }
}

function isHard(step: Step): boolean {
  return (step.kind === 'keep' || step.kind === 'drop' || step.kind === 'geofence') && step.hard
}
