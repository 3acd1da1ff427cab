import type { StepKind } from '../../domain/policy.ts'
import type { StepDefinition } from './define-step.ts'
import { drop } from './drop.ts'
import { fastest } from './fastest.ts'
import { geofence } from './geofence.ts'
import { keep } from './keep.ts'
import { nearest } from './nearest.ts'
import { prefer } from './prefer.ts'
import { shed } from './shed.ts'
import { spread } from './spread.ts'
import { take } from './take.ts'
import { up } from './up.ts'

/** Every step of the language. */
export const STEPS: Readonly<Record<StepKind, StepDefinition>> = {
  up,
  keep,
  drop,
  geofence,
  prefer,
  nearest,
  fastest,
  shed,
  spread,
  take,
}
