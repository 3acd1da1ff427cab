import { matchesGlob } from '../../../domain/glob.ts'
import { leavesOf } from '../condition-truth.ts'
import { stepRule, warning } from '../rule.ts'
import { quote, quoteAll, stepName, stepPath } from '../text.ts'

/** A condition on a tenant that no tenant of the set meets. */
export const tenantMatchesNone = stepRule('tenant-matches-none', function* (step, _policy, { tenants }) {
  for (const leaf of step.when === null ? [] : leavesOf(step.when)) {
    if (leaf.kind !== 'tenant') continue
    const values = [...tenants.values()].map((attributes) => attributes[leaf.attribute]).filter((v) => v !== undefined)
    if (values.some((value) => leaf.in.some((glob) => matchesGlob(glob, value)))) continue
    yield warning(
      step,
      `${stepPath(step)}.when`,
      `no tenant has \`${leaf.attribute}\` ${quoteAll(leaf.in)}: this part of the condition of ${stepName(step)} is never true`,
      values.length === 0
        ? `no tenant document gives any tenant ${quote(leaf.attribute)}: add it there, or mend the name`
        : `the values there are: ${quoteAll([...new Set(values)])}`,
    )
  }
})
