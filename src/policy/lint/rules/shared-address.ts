import { formatAddress } from '../../../domain/address.ts'
import { formatPath } from '../../path.ts'
import { policyRule, warning } from '../rule.ts'
import { quote } from '../text.ts'

/** One address at two endpoints of a service: what is decided between them changes nothing for the client. */
export const sharedAddress = policyRule('shared-address', function* (policy) {
  const first = new Map<string, string>()
  for (const endpoint of policy.endpoints) {
    for (const family of ['a', 'aaaa'] as const) {
      for (const [index, address] of endpoint[family].entries()) {
        const text = formatAddress(address)
        const owner = first.get(text)
        first.set(text, owner ?? endpoint.id)
        if (owner === undefined || owner === endpoint.id) continue
        yield warning(
          policy,
          formatPath(['endpoints', endpoint.id, family, index]),
          `${quote(text)} is also an address of endpoint ${quote(owner)}: choosing between the two changes nothing for the client, and one may be up while the other is down`,
          'mend the address; an address announced from several places is one endpoint with `sites: [ … ]`',
        )
      }
    }
  }
})
