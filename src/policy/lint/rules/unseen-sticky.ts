import { unseenSticky } from '../../capability.ts'
import { frontEndsOf } from '../clients.ts'
import { stepRule, warning } from '../rule.ts'
import { stepName, stepPath } from '../text.ts'

/** `sticky` by what a front end cannot see: it keeps clients by something else, and may differ from the others. */
export const unseenStickiness = stepRule('unseen-sticky', function* (step, policy) {
  for (const frontEnd of frontEndsOf(policy)) {
    for (const what of unseenSticky(step, policy, frontEnd)) {
      const path = `${stepPath(step)}.spread.sticky`
      const hint =
        'use `sticky: network`, which all front ends see alike, or take away the names by which this one is asked'
      if (frontEnd === 'discovery' && what === 'sticky by path') {
        const message = `the path of a discovery request is the API's own: there ${stepName(step)} gives all clients of an area the same endpoint`
        yield warning(step, path, message, hint)
      } else {
        const message = `${frontEnd} cannot see ${what.replace('sticky by ', '')}: there ${stepName(step)} is sticky by the client's network, so it may choose another endpoint than the other front ends`
        yield warning(step, path, message, hint)
      }
    }
  }
})
