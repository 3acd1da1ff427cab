import type { Policy, Step } from '../../../domain/policy.ts'
import { keyOf } from '../condition-truth.ts'
import { stepRule, warning } from '../rule.ts'
import { stepName, stepPath } from '../text.ts'

/** A step that an earlier one of its kind has left nothing to do. */
export const repeatedStep = stepRule('repeated-step', function* (step, policy) {
  const earlier = policy.steps
    .slice(0, step.index)
    .find((other) => other.kind === step.kind && alwaysBefore(other, step) && leavesNothing(other, step, policy))
  if (earlier === undefined) return
  yield warning(
    step,
    stepPath(step),
    `${stepName(step)} never acts: ${stepName(earlier)} has done it already`,
    'remove one of them, or give each a `when`',
  )
})

/** Whether the earlier one has acted whenever the later one does. */
const alwaysBefore = (earlier: Step, later: Step): boolean =>
  earlier.when === null || (later.when !== null && keyOf(earlier.when) === keyOf(later.when))

function leavesNothing(earlier: Step, later: Step, { endpoints }: Policy): boolean {
  switch (later.kind) {
    case 'up':
      return earlier.kind === 'up' && sameJudgement(earlier, later)
    case 'geofence':
      return earlier.kind === 'geofence' && (earlier.hard || !later.hard)
    case 'take':
      return earlier.kind === 'take' && earlier.n <= later.n
    // The first one deals among the equals; the second finds them dealt.
    case 'spread':
      return true
    // Ordered once, only those in one place are still equal, and they stay so.
    case 'nearest':
      return earlier.kind === 'nearest' && later.bias.size === 0 && endpoints.length > 0 && earlier.within === null
    case 'fastest':
      return earlier.kind === 'fastest' && earlier.withinMs <= later.withinMs
    case 'keep':
    case 'drop':
      return (
        (earlier.kind === 'keep' || earlier.kind === 'drop') &&
        keyOf(earlier.match) === keyOf(later.match) &&
        (earlier.hard || !later.hard)
      )
    case 'prefer':
      return earlier.kind === 'prefer' && earlier.tiers.map(keyOf).join() === later.tiers.map(keyOf).join()
    case 'shed':
      return earlier.kind === 'shed' && earlier.metric === later.metric
  }
}

const sameJudgement = (a: Step & { readonly kind: 'up' }, b: Step & { readonly kind: 'up' }): boolean =>
  JSON.stringify([a.threshold, a.minHealthy]) === JSON.stringify([b.threshold, b.minHealthy])
