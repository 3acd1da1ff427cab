import type { Step } from '../../domain/policy.ts'
import { fastest } from './fastest.ts'
import { geofence } from './geofence.ts'
import { keepOrDrop } from './keep-drop.ts'
import { nearest } from './nearest.ts'
import { prefer } from './prefer.ts'
import { shed } from './shed.ts'
import { spread } from './spread.ts'
import type { Material, StepRunner } from './step.ts'
import { take } from './take.ts'
import { up } from './up.ts'

/** The registry of steps: one line each. */
export function compileStep(step: Step, material: Material): StepRunner {
  switch (step.kind) {
    case 'up':
      return up(step, step.index, material)
    case 'keep':
    case 'drop':
      return keepOrDrop(step, material)
    case 'geofence':
      return geofence(step, material)
    case 'prefer':
      return prefer(step, material)
    case 'nearest':
      return nearest(step, material)
    case 'fastest':
      return fastest(step, material)
    case 'shed':
      return shed(step, step.index, material)
    case 'spread':
      return spread(step, step.index, material)
    case 'take':
      return take(step, step.index)
  }
}
