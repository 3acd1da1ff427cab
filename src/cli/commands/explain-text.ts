import type { Explanation } from '../../app/explain.ts'
import { describeNetwork, describePlace } from '../../app/explain.ts'
import type { TraceStep } from '../../domain/plan.ts'
import type { Policy } from '../../domain/policy.ts'
import { describeEffect, describeOutcome, describeReason, describeStep, formatKm } from '../../policy/words.ts'
import type { Io } from '../io.ts'
import { percent } from '../table.ts'

const MARKS = { applied: '✓', skipped: '–', unseen: '?' } as const

/** The trace for people: who asks, what each step did and why, what comes out. */
export function explanationText(it: Explanation, io: Io): string {
  const { policy, nowMs } = it.question
  const network = describeNetwork(it)
  const lines = [
    `${io.paint('bold', policy.service)} for ${io.paint('bold', it.text)}${network === null || network === it.text ? '' : ` (${network})`}: ${describePlace(it)}`,
    io.paint('dim', `asked through ${it.client.frontEnd} at ${new Date(nowMs).toISOString()}`),
    '',
    ...it.plan.trace.flatMap((step, index) => [
      ...branchLine(step, it.plan.trace[index - 1], io),
      ...stepLines(step, policy, io),
    ]),
    '',
    ...answerLines(it, io),
  ]
  return lines.join('\n')
}

/** A fork parts the clients: the trace takes one branch after the other, each from the step that parted them. */
function branchLine(step: TraceStep, before: TraceStep | undefined, io: Io): string[] {
  return before !== undefined && step.step <= before.step ? [io.paint('dim', '  for the other clients:')] : []
}

function stepLines(trace: TraceStep, policy: Policy, io: Io): string[] {
  const step = policy.steps[trace.step]
  const name = (index: number) => policy.endpoints[index]?.id ?? `#${index}`
  const title = step === undefined ? trace.kind : describeStep(step)
  const because = trace.because === null ? '' : io.paint('dim', `  because: ${trace.because}`)
  const head = `  ${MARKS[trace.effect]} ${String(trace.step + 1).padStart(2)}  ${title}${because}`
  if (trace.effect !== 'applied') return [head, io.paint('dim', `        ${describeEffect(trace, step)}`)]
  const value = new Map(trace.values.map((entry) => [entry.endpoint, entry.value]))
  const after = trace.after.map((index) => name(index) + valueText(trace, value.get(index)))
  const touched = trace.touched.map(
    ({ endpoint, effect, reason }) =>
      `        ${effect === 'dropped' ? io.paint('red', '✗') : io.paint('yellow', '↓')} ${name(endpoint)}: ${describeReason(reason, policy, trace.step)}`,
  )
  return [head, io.paint('dim', `        → ${after.join(', ') || 'nobody'}`), ...touched]
}

function valueText(trace: TraceStep, value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return ''
  if (trace.kind === 'nearest') return ` ${formatKm(value)}`
  if (trace.kind === 'fastest') return ` ${value.toFixed(1)} ms`
  return ` ${Number(value.toFixed(3))}`
}

function answerLines(it: Explanation, io: Io): string[] {
  const { plan } = it
  const answers =
    it.answers.every(({ endpoints }) => endpoints.length === 0) && plan.target === null
      ? [io.paint('red', '  nothing is answered')]
      : it.answers.map(({ share, endpoints }) => {
          const list = plan.target === null ? endpoints.join(', then ') : 'the static target of the policy'
          return `  ${io.paint('green', percent(share).padStart(6))}  ${list}`
        })
  const validity = plan.validUntilMs === Infinity ? '' : `, until ${new Date(plan.validUntilMs).toISOString()}`
  const drawn = it.drawn === null || it.answers.length < 2 ? [] : [`  this client: ${it.drawn.join(', then ')}`]
  return [
    `${io.paint('bold', 'Answer')}: ${describeOutcome(plan)}`,
    ...answers,
    ...drawn,
    io.paint(
      'dim',
      `  ttl ${plan.ttlSeconds} s${validity}; depends on ${it.dependsOn.join(', ') || 'nothing of the client'}`,
    ),
  ]
}
