import { clientClasses } from '../clients.ts'
import { countriesText } from '../countries-text.ts'
import { isHard, isRefusal } from '../fences.ts'
import { passFences } from '../reach.ts'
import { error, policyRule, warning } from '../rule.ts'
import { quote, quoteAll, stepName } from '../text.ts'

/** The static answer for when all are down, kept from clients by a hard fence, or never judged by one. */
export const staticFenced = policyRule('static-fenced', function* (policy) {
  const { onAllDown } = policy
  const fences = policy.steps.filter((step) => isHard(step) && !isRefusal(step, policy))
  if (onAllDown.mode !== 'static' || fences.length === 0) return
  if ('target' in onAllDown) {
    yield warning(
      policy,
      'onAllDown.static',
      `the static target is none of the endpoints, so the hard fences (${fences.map(stepName).join(', ')}) cannot judge it: clients may be sent where they must not go`,
      'make it an endpoint that passes the fences, and name that one',
    )
    return
  }
  const endpoint = policy.endpoints[onAllDown.endpoint]
  if (endpoint === undefined) return
  const classes = clientClasses(policy).filter((clients) => passFences(policy, clients).length > 0)
  const outside = classes.filter((clients) => !passFences(policy, clients).includes(endpoint))
  if (outside.length === 0) return
  const codes = outside.flat().filter((country) => country !== null)
  const report = outside.length === classes.length ? error : warning
  const others = policy.endpoints.filter((other) =>
    outside.every((clients) => passFences(policy, clients).includes(other)),
  )
  yield report(
    policy,
    'onAllDown.static',
    `${quote(endpoint.id)} does not pass the hard fences for ${codes.length === 0 ? 'clients that nobody can place' : `clients in ${countriesText(codes)}`}: when all are down they get nothing`,
    others.length === 0
      ? 'use `lastResort`, which takes the best that passes the fences'
      : `use ${quoteAll(others.map(({ id }) => id))}, or \`lastResort\`, which takes the best that passes the fences`,
  )
})
