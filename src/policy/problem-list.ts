import type { SourcePosition } from '../domain/policy.ts'
import type { Problem } from '../domain/problem.ts'
import { MAX_PROBLEMS } from './limits.ts'

/** Characters of a message, a hint or a path: values in them come from the document and may be of any length. */
const LONGEST = 500

/**
 * A way to add problems of one document, at most {@link MAX_PROBLEMS}; one more says that there are others, at `top`.
 * They are made only when they are kept, because suggestions cost time.
 */
export function limitedTo(problems: Problem[], top: () => SourcePosition): (make: () => Problem) => void {
  let count = 0
  return (make) => {
    if (count < MAX_PROBLEMS) problems.push(shortened(make()))
    else if (count === MAX_PROBLEMS) problems.push(tooMany(top()))
    count++
  }
}

const tooMany = (at: SourcePosition): Problem => ({
  severity: 'error',
  rule: 'too-many-problems',
  at,
  path: '',
  message: `more than ${MAX_PROBLEMS} problems in this document; the others are not shown`,
  hint: null,
})

const shortened = (problem: Problem): Problem => ({
  ...problem,
  path: short(problem.path),
  message: short(problem.message),
  hint: problem.hint === null ? null : short(problem.hint),
})

const short = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`)
