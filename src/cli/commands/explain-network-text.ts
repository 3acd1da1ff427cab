import { describeNetwork, describePlace, type GivenAnswer } from '../../app/explain.ts'
import type { NetworkPart, NetworkSplit } from '../../app/explain-network.ts'
import { formatPrefix } from '../../domain/address.ts'
import { describeOutcome } from '../../policy/words.ts'
import type { Io } from '../io.ts'
import { formatTable, percent } from '../table.ts'

/** More than this nobody reads; JSON has them all. */
export const SHOWN_ANSWERS = 8

export const moreLine = (count: number): string[] =>
  count > SHOWN_ANSWERS ? [`          … and ${count - SHOWN_ANSWERS} more`] : []

/** How the addresses of a network divide; of one that does not, how far the answer reaches. */
export function splitLines({ parts, uniformIn }: NetworkSplit, io: Io): string[] {
  if (uniformIn !== null) return [io.paint('dim', `every client in ${formatPrefix(uniformIn)} is steered alike`)]
  const rows = parts
    .slice(0, SHOWN_ANSWERS)
    .map((part) => [
      percent(part.share),
      answerText(part),
      `such as ${describeNetwork(part.example)}: ${describePlace(part.example)}`,
    ])
  return [
    ...formatTable(['addresses', 'answer', ''], rows, 'rll')
      .split('\n')
      .map((line) => `  ${line}`),
    ...moreLine(parts.length),
  ]
}

function answerText(part: NetworkPart): string {
  const [first] = part.answers
  if (first === undefined || first.endpoints.length === 0) return describeOutcome(part)
  if (part.answers.length === 1) return first.endpoints.join(', then ')
  return firstChoices(part.answers)
    .slice(0, 3)
    .map(([name, share]) => `${name} ${percent(share)}`)
    .join(', ')
}

/** Who comes first, and how often: what clients notice of a list that is dealt. */
function firstChoices(answers: readonly GivenAnswer[]): (readonly [name: string, share: number])[] {
  const shares = new Map<string, number>()
  for (const { endpoints, share } of answers) {
    const name = endpoints[0] ?? 'nothing'
    shares.set(name, (shares.get(name) ?? 0) + share)
  }
  return [...shares].sort(([, a], [, b]) => b - a)
}
