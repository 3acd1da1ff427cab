import type { Endpoint } from '../../../domain/endpoint.ts'
import { stepRule, warning } from '../rule.ts'
import { quoteAll, stepName, stepPath } from '../text.ts'

/** `nearest` or `fastest` over endpoints that distance cannot tell apart: without sites, or all in the same place. */
export const nothingToOrder = stepRule('nothing-to-order', function* (step, { endpoints }) {
  if ((step.kind !== 'nearest' && step.kind !== 'fastest') || endpoints.length < 2) return
  const homeless = endpoints.filter(({ sites }) => sites.length === 0)
  if (homeless.length === endpoints.length) {
    yield warning(
      step,
      stepPath(step),
      `no endpoint has a site: ${stepName(step)} has nothing to measure from and never acts`,
      'give the endpoints `site: …`, or remove the step',
    )
  } else if (homeless.length > 0) {
    yield warning(
      step,
      stepPath(step),
      `${quoteAll(homeless.map(({ id }) => id))} has no site: ${stepName(step)} puts it behind all others for every client`,
      'give it `site: …`; if it is meant as the last resort, say so with `prefer`',
    )
  } else if (new Set(endpoints.map(placeOf)).size === 1 && (step.kind === 'fastest' || step.bias.size === 0)) {
    yield warning(
      step,
      stepPath(step),
      `all endpoints stand in the same place: ${stepName(step)} finds them equal for every client`,
      'mend the sites, or remove the step',
    )
  }
})

/** Endpoints of equal text are equally far from everywhere. */
const placeOf = ({ sites, bias }: Endpoint): string =>
  `${bias} ${sites
    .map(({ lat, lon }) => `${lat},${lon}`)
    .sort()
    .join(' ')}`
