import type { Endpoint } from '../../../domain/endpoint.ts'
import type { Step } from '../../../domain/policy.ts'
import { stepRule, warning } from '../rule.ts'
import { stepName, stepPath } from '../text.ts'

/** `spread`, `nearest` or `fastest` behind an order by distance in which no two endpoints are ever equal. */
export const neverEqual = stepRule('never-equal', function* (step, { steps, endpoints }) {
  if (endpoints.length < 2 || (step.kind !== 'spread' && step.kind !== 'nearest' && step.kind !== 'fastest')) return
  const order = steps.slice(0, step.index).find((earlier) => isStrictOrder(earlier) && earlier.kind !== step.kind)
  if (order === undefined || shareAPlace(endpoints)) return
  // `take` before it makes equals of all that were taken.
  if (step.kind === 'spread' && steps.slice(order.index, step.index).some((between) => between.kind === 'take')) return
  const within = order.kind === 'fastest' ? 'within: 10ms' : 'within: 300km'
  yield warning(
    step,
    stepPath(step),
    `${stepName(step)} never acts: behind ${stepName(order)} no two endpoints are equal`,
    `write \`${order.kind}: { ${within} }\`, so that those about as near count as equal, or remove ${stepName(step)}`,
  )
})

const isStrictOrder = (step: Step): boolean =>
  step.when === null &&
  ((step.kind === 'nearest' && step.within === null) || (step.kind === 'fastest' && step.withinMs === 0))

function shareAPlace(endpoints: readonly Endpoint[]): boolean {
  const places = endpoints.flatMap(({ sites }) =>
    sites.length === 0 ? ['nowhere'] : [...new Set(sites.map(({ lat, lon }) => `${lat},${lon}`))],
  )
  return new Set(places).size < places.length
}
