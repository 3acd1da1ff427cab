import type { ClientArea } from '../../domain/endpoint.ts'
import type { StepAction } from '../../domain/policy.ts'
import { removeWhere, splitTiers } from '../candidates.ts'
import { asn, cidr, continent, country, subdivision } from '../conditions/location.ts'
import { any } from '../conditions/logic.ts'
import { outsideServes, servesEverybody } from '../reasons.ts'
import { type Test, TRUE } from '../view.ts'
import { type Material, noValue, type StepRunner } from './step.ts'

const COVERED = 0
const EVERYBODY = 1
const OUTSIDE = 2

/**
 * NS1 fence over `serves`: first the endpoints that name the client, then those that serve everybody, last those
 * that name others. Hard: the last are gone; those that serve everybody stay as the lower tier.
 */
export function geofence(action: Extract<StepAction, { kind: 'geofence' }>, { endpoints }: Material): StepRunner {
  const areas = endpoints.map((endpoint) => (endpoint.serves === null ? null : covers(endpoint.serves)))
  const reads = areas.reduce((bits, area) => bits | (area?.reads ?? 0), 0)
  const classOf = new Uint16Array(endpoints.length).fill(EVERYBODY)
  return {
    reads,
    scope: 'tier',
    apply(candidates, view) {
      for (let p = 0; p < candidates.count; p++) {
        const endpoint = candidates.order[p]!
        const area = areas[endpoint]
        if (area != null) classOf[endpoint] = area.test(view) === TRUE ? COVERED : OUTSIDE
      }
      if (action.hard) removeWhere(candidates, (endpoint) => classOf[endpoint] === OUTSIDE)
      splitTiers(candidates, classOf, 3, 'asNumbered')
    },
    reason: (endpoint) => {
      if (classOf[endpoint] === OUTSIDE) return outsideServes(action.hard)
      return classOf[endpoint] === EVERYBODY ? servesEverybody() : null
    },
    value: noValue,
  }
}

/** An area that names nobody covers nobody. */
function covers(area: ClientArea): Test {
  const parts: Test[] = []
  if (area.countries.length > 0) parts.push(country(area.countries))
  if (area.continents.length > 0) parts.push(continent(area.continents))
  if (area.subdivisions.length > 0) parts.push(subdivision(area.subdivisions))
  if (area.asns.length > 0) parts.push(asn(area.asns))
  if (area.prefixes.length > 0) parts.push(cidr(area.prefixes))
  return any(parts)
}
