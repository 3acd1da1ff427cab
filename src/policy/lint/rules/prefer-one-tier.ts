import { stepRule, warning } from '../rule.ts'
import { selects } from '../selects.ts'
import { quoteAll, stepName, stepPath } from '../text.ts'

/** `prefer` with one tier says the same as a soft `keep`, and leaves the rest unnamed. */
export const preferOneTier = stepRule('prefer-one-tier', function* (step, { endpoints }) {
  const tier = step.kind === 'prefer' ? step.tiers[0] : undefined
  if (step.kind !== 'prefer' || tier === undefined || step.tiers.length > 1) return
  const rest = endpoints.filter((endpoint) => !selects(tier, endpoint))
  if (rest.length === 0 || rest.length === endpoints.length) return
  yield warning(
    step,
    stepPath(step),
    `${stepName(step)} has one tier: all the others, ${quoteAll(rest.map(({ id }) => id))}, are one tier behind it`,
    'write the second tier too, or use `keep`, which says the same',
  )
})
