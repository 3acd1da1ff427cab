import type { Selector, Step } from '../../domain/policy.ts'
import { stepPath } from './text.ts'

/** The selectors of a step, each with where it stands. */
export function selectorsOf(step: Step): readonly { readonly path: string; readonly selector: Selector }[] {
  switch (step.kind) {
    case 'keep':
    case 'drop':
      return [{ path: `${stepPath(step)}.${step.kind}`, selector: step.match }]
    case 'prefer':
      return step.tiers.map((selector, tier) => ({ path: `${stepPath(step)}.prefer[${tier}]`, selector }))
    case 'up':
    case 'geofence':
    case 'nearest':
    case 'fastest':
    case 'shed':
    case 'spread':
    case 'take':
      return []
  }
}
