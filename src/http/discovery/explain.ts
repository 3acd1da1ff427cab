import { formatAddress } from '../../domain/address.ts'
import type { ExplainedAnswer } from '../../domain/discovery-wire.ts'
import { DEPENDS, type Dependency, type Reason } from '../../domain/plan.ts'
import type { Policy } from '../../domain/policy.ts'
import { plan } from '../../engine/plan.ts'
import { describeEffect, describeOutcome, describeReason, describeStep } from '../../policy/words.ts'
import type { Asked } from '../front-end.ts'

/** Plans again, this time with a trace: compiled plans have none. */
export function explainAnswer({ decision, client }: Asked, nowMs: number): ExplainedAnswer {
  const { policy } = decision
  const traced = plan(policy, decision.planned, decision.facts, nowMs)
  const { country, subdivision, asn, precision } = decision.client.location
  const idOf = (index: number) => policy.endpoints[index]?.id ?? String(index)
  return {
    outcome: describeOutcome(traced),
    client: { address: formatAddress(client.address), source: client.source, country, subdivision, asn, precision },
    dependsOn: (Object.keys(DEPENDS) as Dependency[]).filter((name) => (traced.dependsOn & DEPENDS[name]) !== 0),
    steps: traced.trace.map((trace) => ({
      step: stepWords(policy, trace.step) ?? trace.kind,
      effect: describeEffect(trace, policy.steps[trace.step]),
      because: trace.because,
      before: trace.before.map(idOf),
      after: trace.after.map(idOf),
      estimates: trace.values.flatMap(({ endpoint, estimate }) =>
        estimate === undefined ? [] : [{ endpoint: idOf(endpoint), ...estimate }],
      ),
    })),
    excluded: traced.exclusions.map(({ endpoint, step, reason }) => ({
      endpoint: idOf(endpoint),
      step: stepWords(policy, step),
      reason: describeReason(withoutPeople(reason), policy, step),
    })),
  }
}

function stepWords(policy: Policy, index: number): string | null {
  const step = policy.steps[index]
  return step === undefined ? null : describeStep(step)
}

/** Who drained an endpoint and what they noted is for operators (`nearcast explain`), not for everybody who asks. */
function withoutPeople(reason: Reason): Reason {
  if (reason.kind !== 'overridden' && reason.kind !== 'draining') return reason
  return { ...reason, override: { ...reason.override, owner: 'an operator', reason: '' } }
}
