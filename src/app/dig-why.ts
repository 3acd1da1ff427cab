import { formatAddress } from '../domain/address.ts'
import type { Outcome, Plan, Slot, TraceStep } from '../domain/plan.ts'
import type { Policy } from '../domain/policy.ts'
import { axisDraw } from '../engine/slots.ts'
import { describeStep, formatKm } from '../policy/words.ts'
import type { Decision } from '../steering/decide.ts'
import type { Snapshot } from '../steering/snapshot.ts'
import { answersOf, type Explanation, explain } from './explain.ts'
import { narrowed } from './known-draws.ts'

/** The engine's trace of a decision: snapshots are compiled without. `asked` is how the client was named. */
export function explainDecisionOf(decision: Decision, { geo }: Snapshot, asked: string, nowMs: number): Explanation {
  const { policy, facts, client, planned, slot } = decision
  const address = client.network?.address ?? null
  const who = {
    text: address === null || asked !== 'none' ? asked : formatAddress(address),
    client,
    city: address === null ? null : (geo.describe(address)?.city ?? null),
    locationId: address === null ? null : geo.locate(address).locationId,
  }
  return explain({ policy, facts, nowMs }, who, slot, client, planned)
}

/** The steps that made the answer what it is, a few words each: those that dropped or moved anybody or made a split, and what came of it. */
export function whyOf({ plan, question }: Explanation, slot: Slot): readonly string[] {
  const { policy } = question
  const ofItsCanary = narrowed(plan, { canary: slot.canary, spread: null })
  const inFront = new Set(answersOf(plan, policy, ofItsCanary).map(({ endpoints }) => endpoints[0]))
  const steps = plan.trace.filter(
    (step) =>
      (step.touched.length > 0 || (step.kind === 'spread' && inFront.size > 1)) &&
      isOnTheWay(step, slot) &&
      isRunThatCounts(step, plan),
  )
  const outcome = OUTCOMES[plan.outcome]
  return [...steps.flatMap((step) => stepWords(step, policy)), ...(outcome === '' ? [] : [outcome])]
}

/** The branch of the clients that drew as this one did. */
const isOnTheWay = ({ branch }: TraceStep, slot: Slot): boolean =>
  branch.every(({ axis, from, below }) => axisDraw(axis, slot) >= from && axisDraw(axis, slot) < below)

/** Where nothing was left the second run made the answer, if one was found. */
const isRunThatCounts = ({ pass }: TraceStep, { outcome }: Plan): boolean =>
  pass === (outcome === 'lastResort' ? 'allDown' : 'chain')

const OUTCOMES: Readonly<Record<Outcome, string>> = {
  steered: '',
  lastResort: 'all down: last resort',
  static: 'all down: static',
  failClosed: 'all down: fail closed',
  fenced: 'fenced',
}

function stepWords(trace: TraceStep, policy: Policy): readonly string[] {
  const step = policy.steps[trace.step]
  if (step === undefined) return []
  const value = trace.values.find(({ endpoint }) => endpoint === trace.after[0])?.value
  switch (step.kind) {
    case 'up':
      return [`not up: ${trace.touched.map(({ endpoint }) => policy.endpoints[endpoint]?.id).join(', ')}`]
    case 'nearest':
      return [value === undefined || !Number.isFinite(value) ? 'nearest' : `nearest, ${formatKm(value)}`]
    case 'fastest':
      return [value === undefined || !Number.isFinite(value) ? 'fastest' : `fastest, ${Math.round(value)} ms`]
    case 'spread':
      return [`spread by ${step.by}`]
    case 'take':
      return []
    case 'keep':
    case 'drop':
    case 'geofence':
    case 'prefer':
    case 'shed':
      return [describeStep(step)]
  }
}
