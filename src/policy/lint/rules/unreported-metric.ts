import { metricOf, metricsReported } from '../metrics.ts'
import { policyRule, warning } from '../rule.ts'
import { quote, stepName, stepPath } from '../text.ts'

/** A step that goes by a metric which no check reports. */
export const unreportedMetric = policyRule('unreported-metric', function* (policy) {
  const reported = metricsReported(policy)
  if (reported === null) return
  for (const step of policy.steps) {
    const metric = metricOf(step)
    if (metric === null || reported.has(metric)) continue
    const consequence = step.kind === 'shed' ? 'it never acts' : 'it goes by the capacities alone'
    yield warning(
      step,
      stepPath(step),
      `${stepName(step)} goes by ${quote(metric)}, and no check reports it: ${consequence}`,
      `read it in a check, such as \`load: { ${metric}: $.load }\`, or take heartbeats`,
    )
  }
})
