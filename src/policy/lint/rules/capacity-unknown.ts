import { formatPath } from '../../path.ts'
import { goesByHeadroom } from '../metrics.ts'
import { policyRule, warning } from '../rule.ts'
import { quoteAll, stepName } from '../text.ts'

/** Headroom is capacity less load: without a capacity there is none to tell. */
export const capacityUnknown = policyRule('capacity-unknown', function* (policy) {
  const step = policy.steps.find(goesByHeadroom)
  const unknown = policy.endpoints.filter(({ enabled, capacity }) => enabled && capacity === null)
  const [first] = unknown
  if (step === undefined || first === undefined) return
  const enabled = policy.endpoints.filter((endpoint) => endpoint.enabled)
  const message =
    unknown.length === enabled.length
      ? `no endpoint states a \`capacity\`, so ${stepName(step)} knows no headroom and does as if it went by none`
      : `${quoteAll(unknown.map(({ id }) => id))} states no \`capacity\`: ${stepName(step)} takes it for the mean of the others`
  yield warning(
    policy,
    formatPath(['endpoints', first.id]),
    message,
    'state what each can carry, in the unit of the metric: `capacity: 1000`',
  )
})
