import type { CheckBase } from '../../domain/check.ts'
import type { Cursor } from '../cursor.ts'
import { whole } from './fault.ts'
import { duration } from './units.ts'

/** When a check is probed, and how many results it takes. Keys of every kind that probes. */
export const scheduleFields = {
  every: duration(0.5, 86_400, 'Time between two probes.').prefault('10s'),
  timeout: duration(0.1, 60, 'How long one probe may take; not longer than `every`.').prefault('2s'),
  fall: whole(1, 100)
    .prefault(3)
    .meta({ description: 'So many failures, without `rise` successes in a row between them, and it is down.' }),
  rise: whole(1, 100).prefault(2).meta({ description: 'So many successes in a row and it is up again.' }),
  retries: whole(0, 10)
    .prefault(2)
    .meta({ description: 'So many further attempts within the time of one probe before it has failed.' }),
  degradedAfter: duration(0.001, 60, 'A success that took longer is degraded.').optional(),
} as const

interface ScheduleFields {
  readonly every: number
  readonly timeout: number
  readonly fall: number
  readonly rise: number
  readonly retries: number
  readonly degradedAfter: number | undefined
}

type Schedule = Omit<CheckBase, 'name'>

/** Fields → schedule; tells those that do not fit one another. */
export function scheduleOf(cursor: Cursor, fields: ScheduleFields): Schedule {
  const { every, timeout, fall, rise, retries, degradedAfter } = fields
  if (timeout > every) {
    cursor.child('timeout').report({
      rule: 'timeout-too-long',
      message: `\`timeout\` is ${timeout}s, \`every\` is ${every}s`,
      hint: 'a probe must end before the next begins',
    })
  }
  if (degradedAfter !== undefined && degradedAfter >= timeout) {
    cursor.child('degradedAfter').report({
      rule: 'degraded-too-late',
      message: `\`degradedAfter\` is ${degradedAfter}s, but after the \`timeout\` of ${timeout}s a probe has failed`,
      hint: 'expected less than `timeout`',
    })
  }
  return {
    everySeconds: every,
    timeoutSeconds: timeout,
    fall,
    rise,
    retries,
    degradedMs: degradedAfter === undefined ? null : Math.round(degradedAfter * 1000),
  }
}

/** Of a check that follows from others: it is what they are, at once. */
export const DERIVED: Schedule = {
  everySeconds: 10,
  timeoutSeconds: 2,
  fall: 1,
  rise: 1,
  retries: 0,
  degradedMs: null,
}
