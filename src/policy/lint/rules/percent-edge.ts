import { leavesOf } from '../condition-truth.ts'
import { stepRule, warning } from '../rule.ts'
import { stepName, stepPath } from '../text.ts'

/** `percent` 0 names nobody, 100 everybody. */
export const percentEdge = stepRule('percent-edge', function* (step) {
  if (step.when === null) return
  for (const leaf of leavesOf(step.when)) {
    if (leaf.kind !== 'percent' || (leaf.percent > 0 && leaf.percent < 100)) continue
    const who = leaf.percent <= 0 ? 'nobody' : 'everybody'
    yield warning(
      step,
      `${stepPath(step)}.when`,
      `\`percent: ${leaf.percent}\` is ${who}: this part of the condition of ${stepName(step)} is always ${leaf.percent > 0}`,
      leaf.percent <= 0
        ? 'raise it, or remove the step until the canary begins'
        : 'remove `percent` now that the canary is over',
    )
  }
})
