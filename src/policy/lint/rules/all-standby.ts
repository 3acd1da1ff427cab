import { stepRule, warning } from '../rule.ts'
import { stepName, stepPath } from '../text.ts'

/** Weight 0 is standby; when all are, none is. */
export const allStandby = stepRule('all-standby', function* (step, { endpoints }) {
  if (step.kind !== 'spread' || step.by === 'equal' || endpoints.length < 2) return
  const isZero =
    step.by === 'weight' ? endpoints.every((e) => e.weight === 0) : endpoints.every((e) => e.capacity === 0)
  if (!isZero) return
  const field = step.by === 'weight' ? 'weight' : 'capacity'
  yield warning(
    step,
    stepPath(step),
    `every endpoint has ${field} 0, which means standby: with nobody to stand by for, ${stepName(step)} splits as if they were equal`,
    `give the endpoints that should serve a ${field} above 0`,
  )
})
