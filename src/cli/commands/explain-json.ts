import { describeNetwork, type ExplainedClient } from '../../app/explain.ts'
import { formatPrefix } from '../../domain/address.ts'
import { describeReason, describeStep } from '../../policy/words.ts'
import type { ExplainView } from './explain-view.ts'

/** The explanation with names in place of indices, for programs. */
export function explanationJson({ explanation: it, split, notes }: ExplainView) {
  const { policy, nowMs } = it.question
  const { plan, client } = it
  const name = (index: number) => policy.endpoints[index]?.id ?? `#${index}`
  return {
    service: policy.service,
    at: new Date(nowMs).toISOString(),
    client: {
      asked: it.text,
      ...placeJson(it),
      frontEnd: client.frontEnd,
      tenant: client.request?.tenant?.id ?? null,
    },
    notes,
    network:
      split === null
        ? null
        : {
            uniformIn: split.uniformIn === null ? null : formatPrefix(split.uniformIn),
            parts: split.parts.map(({ example, ...part }) => ({ ...part, example: placeJson(example) })),
          },
    outcome: plan.outcome,
    answers: it.answers,
    thisClient: it.own,
    drawn: it.drawn,
    canaryPercent: it.canaryDraw === null ? null : (it.canaryDraw / 65_536) * 100,
    target: plan.target === null ? null : { hostname: plan.target.hostname, url: plan.target.url },
    ttlSeconds: plan.ttlSeconds,
    validUntil: plan.validUntilMs === Infinity ? null : new Date(plan.validUntilMs).toISOString(),
    dependsOn: it.dependsOn,
    steps: plan.trace.map((trace) => {
      const step = policy.steps[trace.step]
      return {
        step: trace.step + 1,
        text: step === undefined ? trace.kind : describeStep(step),
        pass: trace.pass,
        branch: trace.branch,
        effect: trace.effect,
        because: trace.because,
        before: trace.before.map(name),
        after: trace.after.map(name),
        values: Object.fromEntries(trace.values.map(({ endpoint, value }) => [name(endpoint), value])),
        estimates: Object.fromEntries(
          trace.values.flatMap(({ endpoint, estimate }) =>
            estimate === undefined ? [] : [[name(endpoint), estimate]],
          ),
        ),
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

const placeJson = (it: ExplainedClient) => ({
  network: describeNetwork(it),
  locationId: it.locationId,
  city: it.city,
  ...it.client.location,
})
