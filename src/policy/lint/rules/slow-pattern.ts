import { formatPath } from '../../path.ts'
import { policyRule, warning } from '../rule.ts'
import { slowPartOf } from '../slow-pattern.ts'
import { quote } from '../text.ts'

/** A regular expression that takes ages on a text that almost matches: the probe gives up, and has failed. */
export const slowPattern = policyRule('slow-pattern', function* (policy) {
  for (const check of policy.checks) {
    const source = check.kind === 'http' ? (check.body?.matches ?? null) : null
    const part = source === null ? null : slowPartOf(source)
    if (part === null) continue
    yield warning(
      policy,
      formatPath(['checks', check.name, 'body', 'matches']),
      `${quote(part)} can read one text in very many ways: on a body that almost matches, looking for it is given up and the probe fails`,
      'write it without a repetition inside a repetition, or use `contains` or `json`',
    )
  }
})
