import { stepRule, warning } from '../rule.ts'
import { stepName, stepPath } from '../text.ts'

/** `geofence` reads `serves`, and no endpoint has it. */
export const geofenceWithoutServes = stepRule('geofence-without-serves', function* (step, { endpoints }) {
  if (step.kind !== 'geofence' || endpoints.some(({ serves }) => serves !== null)) return
  yield warning(
    step,
    stepPath(step),
    `no endpoint says whom it \`serves\`: ${stepName(step)} keeps all of them for every client`,
    'give endpoints `serves: { country: [ … ] }`, or remove the step',
  )
})
