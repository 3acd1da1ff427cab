import { formatPath } from '../../path.ts'
import { unreachable } from '../reach.ts'
import { policyRule, warning } from '../rule.ts'
import { quote, stepName } from '../text.ts'

/** An enabled endpoint that no client can ever be sent to, whatever is up. */
export const unusedEndpoint = policyRule('unused-endpoint', function* (policy) {
  for (const found of unreachable(policy)) {
    const { id } = found.endpoint
    const path = formatPath(['endpoints', id])
    if (found.why === 'fenced') {
      yield warning(
        policy,
        path,
        `endpoint ${quote(id)} is never an answer: the hard fences take it away from every client, first ${stepName(found.step)}`,
        `let ${stepName(found.step)} name it, or remove the endpoint`,
      )
    } else {
      yield warning(
        policy,
        path,
        `endpoint ${quote(id)} is never an answer: others always stand in front of it, and without an \`up\` step they never leave`,
        'add `up` to the steps, so that it takes over when they are down, or remove the endpoint',
      )
    }
  }
})
