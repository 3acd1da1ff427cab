import { parseAddress } from '../../src/domain/address.ts'
import type { Check, CheckAction, CheckBase, ProbeHost } from '../../src/domain/check.ts'
import type { ProbeOutcome } from '../../src/domain/health.ts'
import type { Target } from '../../src/monitor/belief/target.ts'
import { newBelief, observe, type TargetBelief } from '../../src/monitor/belief/target-belief.ts'

export const makeCheck = (
  name: string,
  given: Partial<CheckBase> = {},
  action: CheckAction = { kind: 'tcp', port: 80 },
): Check => ({
  name,
  everySeconds: 10,
  timeoutSeconds: 2,
  fall: 3,
  rise: 2,
  retries: 0,
  degradedMs: null,
  ...action,
  ...given,
})

export const composite = (name: string, action: Extract<CheckAction, { of: unknown }>): Check =>
  makeCheck(name, {}, action)

export function hostOf(text: string): ProbeHost {
  const address = parseAddress(text)
  if (address === null) throw new Error(`${text} is no address`)
  return { address }
}

const OUTCOMES: Readonly<Record<string, ProbeOutcome>> = { '+': 'pass', '~': 'degraded', '-': 'fail' }

/** The outcomes of a text such as `++~-`. */
export const outcomesOf = (results: string): readonly ProbeOutcome[] =>
  [...results].map((mark) => {
    const outcome = OUTCOMES[mark]
    if (outcome === undefined) throw new Error(`${mark} is no outcome`)
    return outcome
  })

/** Beliefs after each of the results, the first at 0 ms and then one each interval. */
export function believeAll(
  check: Check,
  results: string,
  begin: TargetBelief = newBelief(0, null),
): readonly TargetBelief[] {
  let belief = begin
  return outcomesOf(results).map((outcome, i) => {
    belief = observe(belief, check, { outcome, atMs: i * check.everySeconds * 1_000 })
    return belief
  })
}

/** A target after these results; none: not asked yet. */
export function makeTarget(check: Check, host: ProbeHost, results: string, given: Partial<Target> = {}): Target {
  const belief = believeAll(check, results).at(-1) ?? newBelief(0, null)
  return { check, host, belief, notProbed: null, nextProbeMs: null, last: [], ...given }
}
