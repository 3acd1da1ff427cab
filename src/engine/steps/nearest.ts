import { arcKm, type UnitVector, unitVector } from '../../domain/place.ts'
import { DEPENDS } from '../../domain/plan.ts'
import type { StepAction } from '../../domain/policy.ts'
import { hasEquals, refine } from '../candidates.ts'
import { farther } from '../reasons.ts'
import type { View } from '../view.ts'
import type { Material, StepRunner } from './step.ts'

/**
 * Route 53 geoproximity (routing-policy-geoproximity): b > 0: d × (1 − b/100); b < 0: d / (1 + b/100).
 * 150 km at +50 are 75 km and beat 100 km.
 */
export const biasFactor = (bias: number): number => (bias >= 0 ? 1 - bias / 100 : 1 / (1 + bias / 100))

/**
 * Orders by great-circle distance, of the nearest of an endpoint's sites. Endpoints without a site come last, as
 * equals; a client without a place leaves the order as it is.
 */
export function nearest(action: Extract<StepAction, { kind: 'nearest' }>, { endpoints }: Material): StepRunner {
  const places = endpoints.map((endpoint) => ({
    factor: biasFactor(action.bias.get(endpoint.index) ?? endpoint.bias),
    sites: endpoint.sites.map((site) => ({ country: site.country, at: unitVector(site) })),
  }))
  const limit = limitOf(action.within)
  const distance = new Float64Array(endpoints.length)
  const effective = new Float64Array(endpoints.length)

  function measure(endpoint: number, client: UnitVector, country: string | null): void {
    const place = places[endpoint]!
    let best = Number.POSITIVE_INFINITY
    let bestDistance = Number.POSITIVE_INFINITY
    for (const site of place.sites) {
      const km = arcKm(client, site.at)
      // M-Lab Locate, `biasedDistance`: another country doubles the distance, when the client's is known.
      const foreign = country !== null && country !== site.country ? action.foreignFactor : 1
      if (km * foreign * place.factor < best) {
        best = km * foreign * place.factor
        bestDistance = km
      }
    }
    distance[endpoint] = bestDistance
    effective[endpoint] = best
  }

  return {
    reads: DEPENDS.location,
    scope: 'group',
    apply(candidates, view) {
      if (!hasEquals(candidates)) return
      view.reads |= DEPENDS.location
      const { point, country } = view.client.location
      if (point === null) return
      const at = unitVector(point)
      for (let p = 0; p < candidates.count; p++) measure(candidates.order[p]!, at, country)
      refine(candidates, effective, limit)
    },
    reason: (endpoint) => farther(finite(distance[endpoint]!), finite(effective[endpoint]!)),
    value(endpoint: number, view: View) {
      const { point, country } = view.client.location
      if (point === null) return null
      measure(endpoint, unitVector(point), country)
      return finite(effective[endpoint]!)
    },
  }
}

const finite = (km: number): number | null => (Number.isFinite(km) ? km : null)

function limitOf(within: Extract<StepAction, { kind: 'nearest' }>['within']): (bestKm: number) => number {
  if (within === null) return (bestKm) => bestKm
  if ('km' in within) return (bestKm) => bestKm + within.km
  return (bestKm) => bestKm * within.ratio
}
