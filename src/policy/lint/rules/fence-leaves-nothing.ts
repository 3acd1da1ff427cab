import { countriesText } from '../countries-text.ts'
import { emptyFences } from '../fences.ts'
import { error, policyRule, warning } from '../rule.ts'
import { stepName, stepPath } from '../text.ts'

/**
 * A hard fence that leaves clients of some countries no endpoint, whatever is up: they get no answer. An error when it
 * hits every client of a country and the step does not say `because`; else a warning. A `drop` of everything with
 * `because` is a refusal on purpose and no finding.
 */
export const fenceLeavesNothing = policyRule('fence-leaves-nothing', function* (policy) {
  for (const { step, whom, countries } of emptyFences(policy)) {
    const codes = countries.filter((country) => country !== null)
    if (codes.length === 0) continue
    const report = whom === 'every' && step.because === null ? error : warning
    yield report(
      step,
      stepPath(step),
      `the hard fence ${stepName(step)} leaves ${whom} client${whom === 'every' ? '' : 's'} in these countries with no endpoint, whatever is up: ${countriesText(codes)}`,
      "give them an endpoint that passes all hard fences; to refuse them on purpose, write a step `drop: { id: '*' }` with `hard: true`, `when` and `because`",
    )
  }
})
