import type { Explanation } from '../../app/explain.ts'
import type { Band, TraceStep } from '../../domain/plan.ts'
import type { OnAllDown, Policy } from '../../domain/policy.ts'
import type { Io } from '../io.ts'

const DRAWS = 65_536

/** A fork parts the clients, and what is left of nothing runs again: the trace takes one after the other, each under its heading. */
export function branchLines(step: TraceStep, before: TraceStep | undefined, it: Explanation, io: Io): string[] {
  const whose = clientsText(step.branch, it)
  const isSame = before === undefined ? step.branch.length === 0 : clientsText(before.branch, it) === whose
  const isSecond = step.pass === 'allDown' && (before?.pass !== 'allDown' || !isSame)
  const words = [...(isSame ? [] : [`for ${whose}`]), ...(isSecond ? [SECOND_PASS[modeOf(it.question.policy)]] : [])]
  return words.length === 0 ? [] : [io.paint('dim', `  ${words.join(', ')}:`)]
}

const modeOf = ({ onAllDown }: Policy): OnAllDown['mode'] => onAllDown.mode

const SECOND_PASS: Readonly<Record<OnAllDown['mode'], string>> = {
  lastResort: 'nothing was left: again without up and shed',
  failClosed: 'nothing was left: do the hard fences leave anybody',
  static: 'nothing was left: do the hard fences leave anybody',
}

/** `5% of the clients (canary)`. */
function clientsText(branch: readonly Band[], it: Explanation): string {
  if (branch.length === 0) return 'all clients'
  const share = branch.reduce((product, { from, below }) => product * ((below - from) / DRAWS), 1) * 100
  const axes = branch.map((band) => axisText(band, it))
  return `${Number(share.toFixed(share < 0.1 ? 3 : 1))}% of the clients (${axes.join(', ')})`
}

function axisText({ axis, from, below }: Band, { canaryDraw }: Explanation): string {
  if (axis !== 'canary') return `by the draw of step ${Number(axis.slice('step'.length)) + 1}`
  const name = from === 0 ? 'canary' : below === DRAWS ? 'not canary' : 'canary, in part'
  if (canaryDraw === null) return name
  return canaryDraw >= from && canaryDraw < below ? `${name}: this client is one of them` : `${name}: not this client`
}
