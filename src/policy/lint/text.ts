import type { Step } from '../../domain/policy.ts'

/** Small pieces of sentences that several rules share. */

const MOST_NAMED = 12

export const quote = (name: string): string => `\`${name}\``

/** `a`, `b` and `c`; beyond twelve the rest is counted. */
export function quoteAll(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMED).map(quote)
  if (names.length > MOST_NAMED) return `${shown.join(', ')} and ${names.length - MOST_NAMED} more`
  const last = shown.pop() ?? 'none'
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`
}

/** Where a step stands in the document: `steer[2]`. */
export const stepPath = (step: Step): string => `steer[${step.index}]`

/** A step in a sentence: `nearest` (steer[2]). */
export const stepName = (step: Step): string => `${quote(step.kind)} (${stepPath(step)})`

/** A duration as people write it: `90s`, `5m`, `1h`. */
export function duration(seconds: number): string {
  if (seconds >= 3600 && seconds % 3600 === 0) return `${seconds / 3600}h`
  if (seconds >= 60 && seconds % 60 === 0) return `${seconds / 60}m`
  return `${seconds}s`
}
