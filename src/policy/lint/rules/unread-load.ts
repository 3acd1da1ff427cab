import { formatPath } from '../../path.ts'
import { metricOf } from '../metrics.ts'
import { policyRule, warning } from '../rule.ts'
import { quote } from '../text.ts'

/** A load that a check reads and no step goes by. */
export const unreadLoad = policyRule('unread-load', function* (policy) {
  const read = new Set(policy.steps.map(metricOf))
  for (const check of policy.checks) {
    if (check.kind !== 'http') continue
    for (const { metric } of check.load) {
      if (read.has(metric)) continue
      yield warning(
        policy,
        formatPath(['checks', check.name, 'load', metric]),
        `check ${quote(check.name)} reads ${quote(metric)}, and no step goes by it`,
        `add a step such as \`shed: { metric: ${metric}, low: …, high: … }\`, or remove it`,
      )
    }
  }
})
