import { describeNetwork, type Explanation } from '../../app/explain.ts'
import { describeReason, describeStep } from '../../policy/words.ts'

/** The explanation with names in place of indices, for programs. */
export function explanationJson(it: Explanation) {
  const { policy, nowMs } = it.question
  const { plan, client } = it
  const name = (index: number) => policy.endpoints[index]?.id ?? `#${index}`
  return {
    service: policy.service,
    at: new Date(nowMs).toISOString(),
    client: {
      asked: it.text,
      network: describeNetwork(it),
      frontEnd: client.frontEnd,
      locationId: it.locationId,
      city: it.city,
      ...client.location,
    },
    outcome: plan.outcome,
    answers: it.answers,
    drawn: it.drawn,
    target: plan.target === null ? null : { hostname: plan.target.hostname, url: plan.target.url },
    ttlSeconds: plan.ttlSeconds,
    validUntil: plan.validUntilMs === Infinity ? null : new Date(plan.validUntilMs).toISOString(),
    dependsOn: it.dependsOn,
    steps: plan.trace.map((trace) => {
      const step = policy.steps[trace.step]
      return {
        step: trace.step + 1,
        text: step === undefined ? trace.kind : describeStep(step),
        effect: trace.effect,
        because: trace.because,
        before: trace.before.map(name),
        after: trace.after.map(name),
        values: Object.fromEntries(trace.values.map(({ endpoint, value }) => [name(endpoint), value])),
        touched: trace.touched.map(({ endpoint, effect, reason }) => ({
          endpoint: name(endpoint),
          effect,
          reason: reason.kind,
          text: describeReason(reason, policy, trace.step),
        })),
      }
    }),
    exclusions: plan.exclusions.map(({ endpoint, step, reason }) => ({
      endpoint: name(endpoint),
      step: step < 0 ? null : step + 1,
      reason: reason.kind,
      text: describeReason(reason, policy, step),
    })),
  }
}
