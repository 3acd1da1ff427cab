import { formatPrefix } from '../../../domain/address.ts'
import { matchesGlob } from '../../../domain/glob.ts'
import type { Policy, PolicyTest } from '../../../domain/policy.ts'
import { error, policyRule } from '../rule.ts'
import { quote, quoteAll } from '../text.ts'

/** Tests that cannot pass, whatever the steps do: by themselves, or two together. */
export const contradictoryTests = policyRule('contradictory-tests', function* (policy) {
  for (const [index, test] of policy.tests.entries()) {
    const allowed = namedBy(test.expect, policy).filter((id) => !matches(test.never, id))
    if (test.expect.length > 0 && allowed.length === 0) {
      yield error(
        test,
        `tests[${index}]`,
        `the test expects ${quoteAll(test.expect)} and never ${quoteAll(test.never)}: no endpoint is both, it always fails`,
        'mend one of the two',
      )
    }
    const rival = policy.tests
      .slice(0, index)
      .find((other) => asksTheSame(other, test) && disagree(other, test, policy))
    if (rival === undefined) continue
    yield error(
      test,
      `tests[${index}].expect`,
      `the test asks the same as the one in line ${rival.at.line}, which expects ${quoteAll(rival.expect)}; this one expects ${quoteAll(test.expect)}: one of them always fails`,
      'remove one of them',
    )
  }
})

const matches = (globs: readonly string[], id: string): boolean => globs.some((glob) => matchesGlob(glob, id))

const namedBy = (globs: readonly string[], { endpoints }: Policy): readonly string[] =>
  endpoints.map(({ id }) => id).filter((id) => matches(globs, id))

const asksTheSame = (a: PolicyTest, b: PolicyTest): boolean =>
  askedText(a) === askedText(b) && [...a.down].sort().join() === [...b.down].sort().join()

const askedText = ({ from }: PolicyTest): string =>
  'prefix' in from ? formatPrefix(from.prefix) : quote(`${from.country}-${from.subdivision}`)

const disagree = (a: PolicyTest, b: PolicyTest, policy: Policy): boolean =>
  a.expect.length > 0 && b.expect.length > 0 && !namedBy(a.expect, policy).some((id) => matches(b.expect, id))
