import { must, oneOrMore } from './fault.ts'
import { id } from './ids.ts'

/** Names of other checks, each once. */
export const checkList = oneOrMore(id)
  .refine((names) => new Set(names).size === names.length, must('each name once'))
  .meta({ description: 'Names of checks of the same service.' })
