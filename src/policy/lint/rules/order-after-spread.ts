import { stepRule, warning } from '../rule.ts'
import { stepName, stepPath } from '../text.ts'

/** `nearest` or `fastest` behind `spread`, which has dealt the equals in front already. */
export const orderAfterSpread = stepRule('order-after-spread', function* (step, { steps }) {
  if (step.kind !== 'nearest' && step.kind !== 'fastest') return
  const spread = steps.slice(0, step.index).find((earlier) => earlier.kind === 'spread' && earlier.when === null)
  if (spread === undefined) return
  yield warning(
    step,
    stepPath(step),
    `${stepName(step)} stands behind ${stepName(spread)}: the endpoints in front are dealt already and are not ordered any more`,
    `move it before ${stepName(spread)}`,
  )
})
