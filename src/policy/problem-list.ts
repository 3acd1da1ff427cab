import type { SourcePosition } from '../domain/policy.ts'
import type { Problem } from '../domain/problem.ts'
import { MAX_PROBLEMS } from './limits.ts'

/** Characters of a message, a hint or a path: values in them come from the document and may be of any length. */
const LONGEST = 500

/**
 * A way to add problems of one document, at most {@link MAX_PROBLEMS} errors and as many warnings; one more of a kind says that
 * there are others, at `top`. They are made only when they are kept, because suggestions cost time.
 */
export function limitedTo(
  problems: Problem[],
  top: () => SourcePosition,
): (make: () => Problem, severity?: Problem['severity']) => void {
  const counts = { error: 0, warning: 0 }
  return (make, severity = 'error') => {
    const before = counts[severity]++
    if (before < MAX_PROBLEMS) problems.push(shortened(make()))
    else if (before === MAX_PROBLEMS) problems.push(tooMany(severity, top()))
  }
}

const tooMany = (severity: Problem['severity'], at: SourcePosition): Problem => ({
  severity,
  rule: 'too-many-problems',
  at,
  path: '',
  message: `more than ${MAX_PROBLEMS} ${severity === 'error' ? 'problems' : 'warnings'} in this document; the others are not shown`,
  hint: null,
})

const shortened = (problem: Problem): Problem => ({
  ...problem,
  path: short(problem.path),
  message: short(problem.message),
  hint: problem.hint === null ? null : short(problem.hint),
})

const short = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`)
