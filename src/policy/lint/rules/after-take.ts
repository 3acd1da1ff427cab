import type { Step } from '../../../domain/policy.ts'
import { stepRule, warning } from '../rule.ts'
import { stepName, stepPath } from '../text.ts'

/**
 * Steps behind an unconditional `take`. What removes endpoints there can leave nothing although others would do; what
 * orders them has nothing to order when one was taken.
 */
export const afterTake = stepRule('after-take', function* (step, policy) {
  const take = policy.steps
    .slice(0, step.index)
    .find((earlier) => earlier.kind === 'take' && earlier.when === null && earlier.n < policy.endpoints.length)
  // Behind a `spread` the lists are cut when they are dealt: after all steps.
  const dealt = policy.steps.slice(0, take?.index ?? 0).some((earlier) => earlier.kind === 'spread')
  if (take?.kind !== 'take' || step.kind === 'take' || dealt) return
  if (removes(step)) {
    yield warning(
      step,
      stepPath(step),
      `${stepName(step)} stands behind ${stepName(take)}: when it removes what was taken, nothing is left, though others would do`,
      `move it before ${stepName(take)}`,
    )
  } else if (take.n === 1) {
    yield warning(
      step,
      stepPath(step),
      `${stepName(step)} never acts: ${stepName(take)} has left a single endpoint`,
      `move it before ${stepName(take)}, or remove it`,
    )
  } else if (step.kind !== 'spread') {
    yield warning(
      step,
      stepPath(step),
      `${stepName(step)} stands behind ${stepName(take)}: it only orders the ${take.n} that were taken, not all endpoints`,
      `move it before ${stepName(take)}`,
    )
  }
})

const removes = (step: Step): boolean =>
  step.kind === 'up' || ((step.kind === 'keep' || step.kind === 'drop' || step.kind === 'geofence') && step.hard)
