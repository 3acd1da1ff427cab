import { describeNetwork, describePlace, type Explanation } from '../../app/explain.ts'
import type { TraceStep } from '../../domain/plan.ts'
import type { Policy } from '../../domain/policy.ts'
import { describeEffect, describeOutcome, describeReason, describeStep, formatKm } from '../../policy/words.ts'
import type { Io } from '../io.ts'
import { percent } from '../table.ts'
import { branchLines } from './explain-branch.ts'
import { moreLine, SHOWN_ANSWERS, splitLines } from './explain-network-text.ts'
import type { ExplainView } from './explain-view.ts'

const MARKS = { applied: '✓', skipped: '–', unseen: '?' } as const

/** The trace for people: who asks, what each step did and why, what comes out. */
export function explanationText(view: ExplainView, io: Io): string {
  const { explanation: it, notes } = view
  const { policy, nowMs } = it.question
  const lines = [
    ...headLines(view, io),
    io.paint('dim', `asked through ${it.client.frontEnd} at ${new Date(nowMs).toISOString()}`),
    ...notes.map((note) => io.paint('yellow', note)),
    '',
    ...it.plan.trace.flatMap((step, index) => [
      ...branchLines(step, it.plan.trace[index - 1], it, io),
      ...stepLines(step, policy, io),
    ]),
    '',
    ...answerLines(it, io),
  ]
  return lines.join('\n')
}

function headLines({ of, explanation: it, split }: ExplainView, io: Io): string[] {
  const network = describeNetwork(it)
  const { service } = it.question.policy
  if (of === 'decision') return [`decision ${io.paint('bold', it.text)}: ${describePlace(it)}`]
  const head = `${io.paint('bold', service)} for ${io.paint('bold', it.text)}`
  const shown = network === null || network === it.text ? '' : ` (${network})`
  if (split === null) return [`${head}${shown}: ${describePlace(it)}`]
  const own = splitLines(split, io)
  if (split.uniformIn !== null && shown === '') return [`${head}: ${describePlace(it)}`, ...own]
  if (split.uniformIn !== null) return [head, ...own, `such as ${network}: ${describePlace(it)}`]
  return [head, ...own, '', `the largest part, such as ${network}: ${describePlace(it)}`]
}

function stepLines(trace: TraceStep, policy: Policy, io: Io): string[] {
  const step = policy.steps[trace.step]
  const name = (index: number) => policy.endpoints[index]?.id ?? `#${index}`
  const title = step === undefined ? trace.kind : describeStep(step)
  const because = trace.because === null ? '' : io.paint('dim', `  because: ${trace.because}`)
  const head = `  ${MARKS[trace.effect]} ${String(trace.step + 1).padStart(2)}  ${title}${because}`
  if (trace.effect !== 'applied') return [head, io.paint('dim', `        ${describeEffect(trace, step)}`)]
  const values = new Map(trace.values.map((entry) => [entry.endpoint, entry]))
  const after = trace.after.map((index) => name(index) + valueText(trace, values.get(index)))
  const touched = trace.touched.map(
    ({ endpoint, effect, reason }) =>
      `        ${effect === 'dropped' ? io.paint('red', '✗') : io.paint('yellow', '↓')} ${name(endpoint)}: ${describeReason(reason, policy, trace.step)}`,
  )
  return [head, io.paint('dim', `        → ${after.join(', ') || 'nobody'}`), ...touched]
}

function valueText({ kind }: TraceStep, known: TraceStep['values'][number] | undefined): string {
  if (known === undefined || !Number.isFinite(known.value)) return ''
  const { value, estimate } = known
  if (kind === 'nearest') return ` ${formatKm(value)}`
  if (kind !== 'fastest') return ` ${Number(value.toFixed(3))}`
  if (estimate === undefined) return ` ${value.toFixed(1)} ms`
  const { sdMs, source, samples } = estimate
  return ` ${value.toFixed(1)} ms ±${Math.round(sdMs)} (${source}${samples === 0 ? '' : `, ${samples} samples`})`
}

function answerLines(it: Explanation, io: Io): string[] {
  const { plan } = it
  const list = (endpoints: readonly string[]) =>
    plan.target === null ? endpoints.join(', then ') || 'nothing' : 'the static target of the policy'
  const row = ({ share, endpoints }: Explanation['answers'][number]) =>
    `  ${io.paint('green', percent(share).padStart(6))}  ${list(endpoints)}`
  const answers =
    it.answers.every(({ endpoints }) => endpoints.length === 0) && plan.target === null
      ? [io.paint('red', '  nothing is answered')]
      : it.answers.slice(0, SHOWN_ANSWERS).map(row)
  const validity = plan.validUntilMs === Infinity ? '' : `, until ${new Date(plan.validUntilMs).toISOString()}`
  return [
    `${io.paint('bold', 'Answer')}: ${describeOutcome(plan)}`,
    ...ownLines(it, list, row),
    ...answers,
    ...moreLine(it.answers.length),
    io.paint(
      'dim',
      `  ttl ${plan.ttlSeconds} s${validity}; depends on ${it.dependsOn.join(', ') || 'nothing of the client'}`,
    ),
  ]
}

/** What this client gets, where others get something else. */
function ownLines(
  it: Explanation,
  list: (endpoints: readonly string[]) => string,
  row: (answer: Explanation['answers'][number]) => string,
): string[] {
  if (it.answers.length < 2) return []
  if (it.drawn !== null) return [`  this client: ${list(it.drawn)}`, '  all clients:']
  if (it.own.length === it.answers.length) return []
  return ['  this client:', ...it.own.slice(0, SHOWN_ANSWERS).map(row), ...moreLine(it.own.length), '  all clients:']
}
