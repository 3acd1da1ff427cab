import type { Policy, Step } from '../../../domain/policy.ts'
import { describeSelector } from '../../words.ts'
import { error, type Finding, stepRule, warning } from '../rule.ts'
import { selectorsOf } from '../selectors-of.ts'
import { selects } from '../selects.ts'
import { quote, quoteAll, stepName, stepPath } from '../text.ts'

/** A selector that names no endpoint: mostly a misspelt tag or a site that has moved. */
export const selectorMatchesNothing = stepRule('selector-matches-nothing', function* (step, policy) {
  for (const { path, selector } of selectorsOf(step)) {
    if (policy.endpoints.some((endpoint) => selects(selector, endpoint))) continue
    yield finding(step, path, describeSelector(selector), policy)
  }
  if (step.kind !== 'up' || step.minHealthy === null || step.minHealthy.per === 'site') return
  const unknown = step.minHealthy.per.tags.filter((tag) => !policy.endpoints.some(({ tags }) => tags.includes(tag)))
  if (unknown.length === 0) return
  yield warning(
    step,
    `${stepPath(step)}.up.minHealthy`,
    `no endpoint has the tag ${quoteAll(unknown)}: \`minHealthy\` never acts on it`,
    tagHint(policy),
  )
})

function finding(step: Step, path: string, named: string, policy: Policy): Finding {
  if (step.kind === 'keep' && step.hard) {
    return error(
      step,
      path,
      `no endpoint matches ${quote(named)}: the hard fence ${stepName(step)} leaves ${step.when === null ? 'every client' : 'every client it is for'} with nothing`,
      tagHint(policy),
    )
  }
  const consequence =
    step.kind === 'prefer' ? `this tier of ${stepName(step)} is always empty` : `${stepName(step)} never acts`
  return warning(step, path, `no endpoint matches ${quote(named)}: ${consequence}`, tagHint(policy))
}

function tagHint({ endpoints }: Policy): string {
  const tags = [...new Set(endpoints.flatMap((endpoint) => endpoint.tags))]
  return `${tags.length === 0 ? 'no endpoint has a tag' : `the tags there are: ${quoteAll(tags)}`}; mend the name, or remove it`
}
