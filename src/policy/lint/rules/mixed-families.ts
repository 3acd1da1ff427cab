import type { Policy } from '../../../domain/policy.ts'
import { formatPath } from '../../path.ts'
import { hasAddresses } from '../endpoints.ts'
import { type Finding, policyRule, warning } from '../rule.ts'
import { quoteAll } from '../text.ts'

/** Some endpoints have addresses of a family, others do not: which clients get an empty answer then depends on where they are. */
export const mixedFamilies = policyRule('mixed-families', function* (policy) {
  if (policy.names.dns.length === 0 || findsNext(policy)) return
  for (const family of ['a', 'aaaa'] as const) yield* findingsOf(policy, family)
})

function* findingsOf(policy: Policy, family: 'a' | 'aaaa'): Iterable<Finding> {
  const asked = policy.endpoints.filter((endpoint) => endpoint.enabled && hasAddresses(endpoint))
  const without = asked.filter((endpoint) => endpoint[family].length === 0)
  const [first] = without
  if (first === undefined || without.length === asked.length) return
  const type = family.toUpperCase()
  yield warning(
    policy,
    formatPath(['endpoints', first.id]),
    `${quoteAll(without.map(({ id }) => id))} ${without.length === 1 ? 'has' : 'have'} no ${type} address, others have: where it is chosen, ${type} queries get an empty answer (NODATA), which resolvers keep`,
    policy.missingFamily === 'nextEndpoint'
      ? `give it \`${family}\`: \`take\` leaves no next endpoint to find some in`
      : `give it \`${family}\`, or take \`${family}\` from all endpoints, or say \`missingFamily: nextEndpoint\``,
  )
}

/** A `take` may leave only those without. */
const findsNext = ({ missingFamily, steps }: Policy): boolean =>
  missingFamily === 'nextEndpoint' && !steps.some(({ kind }) => kind === 'take')
