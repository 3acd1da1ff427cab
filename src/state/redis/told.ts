import type { StoreChange } from '../../ports/store.ts'
import type { Mark, Step } from './mark.ts'

const KINDS = ['revision', 'overrides'] as const
type Kind = (typeof KINDS)[number]
const WHAT: Readonly<Record<Kind, string>> = { revision: 'revision', overrides: 'change of the overrides' }

export interface Told {
  /** What is known: taken before a look begins, it is what the look must find at least. */
  known(): Mark
  /** One step of which a notice, or an own write, tells. */
  step(kind: Kind, step: Step): void
  /**
   * What a look found that began when `before` was known. A state that went back, or is empty, is reported and not told:
   * what is in force may be all that is left of it, and an operator decides.
   */
  look(found: Mark, before: Mark): void
}

/** Remembers what the listeners have been told, and tells each change once, from whichever side it is heard of. */
export function createTold(
  first: Mark,
  tell: (change: StoreChange) => void,
  onProblem: (message: string) => void,
): Told {
  let told = first
  let isEmpty = false
  /** Of what went back: what was left, and has been reported. */
  const left = new Map<Kind, Step>()

  function take(kind: Kind, step: Step): void {
    told = { ...told, [kind]: step }
    left.delete(kind)
    tell(kind === 'revision' ? { kind, number: step.number } : { kind })
  }

  function advance(kind: Kind, step: Step): void {
    const last = told[kind]
    if (step.number > last.number || (step.number === last.number && step.id !== last.id)) take(kind, step)
  }

  function wentBack(kind: Kind, found: Step, before: Step): void {
    const reported = left.get(kind)
    // Others have built on what was left: the fleet has gone on.
    if (reported !== undefined && found.number > reported.number) {
      take(kind, found)
      return
    }
    if (reported?.number === found.number) return
    left.set(kind, found)
    onProblem(
      `Redis has lost the ${WHAT[kind]} ${before.number}: the newest there is ${found.number}. What is in force here stays.`,
    )
  }

  return {
    known: () => told,
    step: advance,
    look(found, before) {
      if (found.epoch === null) {
        if (before.epoch !== null && !isEmpty) {
          isEmpty = true
          onProblem(`Redis is empty; revision ${before.revision.number} was the newest. What is in force here stays.`)
        }
        return
      }
      isEmpty = false
      const isAnother = told.epoch !== null && told.epoch !== found.epoch
      told = { ...told, epoch: found.epoch, change: found.change }
      for (const kind of KINDS) {
        if (isAnother) {
          if (found[kind].id !== told[kind].id) take(kind, found[kind])
        } else if (found[kind].number >= before[kind].number) advance(kind, found[kind])
        else wentBack(kind, found[kind], before[kind])
      }
    },
  }
}
