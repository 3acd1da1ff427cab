import type { Policy } from '../../../domain/policy.ts'
import { policyRule, warning } from '../rule.ts'
import { selectorsOf } from '../selectors-of.ts'
import { quoteAll } from '../text.ts'

/** Tags that no step asks for, in a policy whose steps do ask for tags: often one that was spelled otherwise. */
export const unusedTag = policyRule('unused-tag', function* (policy) {
  const asked = tagsAsked(policy)
  const unused = [...new Set(policy.endpoints.flatMap(({ tags }) => tags))].filter((tag) => !asked.has(tag))
  if (unused.length === 0) return
  yield warning(
    policy,
    'endpoints',
    `no step asks for the tag${unused.length > 1 ? 's' : ''} ${quoteAll(unused)}`,
    `${asked.size === 0 ? 'no step of this policy asks for any tag' : `the steps ask for ${quoteAll([...asked])}`}: mend the spelling, or remove what is not used`,
  )
})

function tagsAsked({ steps }: Policy): ReadonlySet<string> {
  const grouped = steps.flatMap((step) =>
    step.kind === 'up' && step.minHealthy !== null && step.minHealthy.per !== 'site' ? step.minHealthy.per.tags : [],
  )
  const selected = steps.flatMap((step) => selectorsOf(step).flatMap(({ selector }) => selector.tags ?? []))
  return new Set([...grouped, ...selected])
}
