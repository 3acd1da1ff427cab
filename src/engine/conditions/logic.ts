import { FALSE, type Test, TRUE, type Truth, UNDECIDED, UNSEEN, type View } from '../view.ts'

/**
 * Kleene's strong logic (1938): the first part that settles the matter ends the reading; unseen parts leave it unseen.
 * A part that is undecided is asked for only when nothing else settles it.
 */
function junction(tests: readonly Test[], settles: Truth): Test {
  return {
    reads: tests.reduce((bits, test) => bits | test.reads, 0),
    validUntilMs: Math.min(Number.POSITIVE_INFINITY, ...tests.map((test) => test.validUntilMs)),
    test(view: View): Truth {
      let undecidedAt = -1
      let unseen = false
      for (const test of tests) {
        const truth = test.test(view)
        if (truth === settles) return settles
        if (truth === UNDECIDED && undecidedAt < 0) undecidedAt = view.undecidedAt
        if (truth === UNSEEN) unseen = true
      }
      if (undecidedAt >= 0) {
        view.undecidedAt = undecidedAt
        return UNDECIDED
      }
      return unseen ? UNSEEN : settles === TRUE ? FALSE : TRUE
    },
  }
}

export const all = (tests: readonly Test[]): Test => junction(tests, FALSE)
export const any = (tests: readonly Test[]): Test => junction(tests, TRUE)

export const not = (of: Test): Test => ({
  ...of,
  test(view) {
    const truth = of.test(view)
    return truth === TRUE ? FALSE : truth === FALSE ? TRUE : truth
  },
})
