import { emptyFences } from '../fences.ts'
import { policyRule, warning } from '../rule.ts'
import { stepName, stepPath } from '../text.ts'

/** The missing default: clients that no database can place pass no hard fence. */
export const fenceLeavesUnlocated = policyRule('fence-leaves-unlocated', function* (policy) {
  for (const { step, countries } of emptyFences(policy)) {
    if (!countries.includes(null)) continue
    yield warning(
      step,
      stepPath(step),
      `there is no default: a client that no database can place gets nothing, because ${stepName(step)} is hard and leaves no endpoint for it`,
      "add an endpoint for everybody (without `serves`), or `when: { located: true }`; to refuse them on purpose, `drop: { id: '*' }` with `hard: true`, `when: { located: false }` and `because`",
    )
  }
})
