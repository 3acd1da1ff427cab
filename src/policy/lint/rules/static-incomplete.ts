import { policyRule, warning } from '../rule.ts'
import { quote } from '../text.ts'

/** A static target that one of the front ends has nothing to make an answer of. */
export const staticIncomplete = policyRule('static-incomplete', function* (policy) {
  if (policy.onAllDown.mode !== 'static' || !('target' in policy.onAllDown)) return
  const { a, aaaa, hostname, url } = policy.onAllDown.target
  const [name] = policy.names.dns
  const [host] = policy.names.http
  if (name !== undefined && a.length === 0 && aaaa.length === 0 && hostname === null) {
    yield warning(
      policy,
      'onAllDown.static',
      `the static target has neither addresses nor a hostname: when all are down, ${quote(name)} gets an empty answer`,
      'give it `a`, `aaaa` or `hostname`',
    )
  }
  if (host !== undefined && url === null) {
    yield warning(
      policy,
      'onAllDown.static',
      `the static target has no \`url\`: when all are down, requests to ${quote(host)} cannot be redirected`,
      'give it `url: https://…`',
    )
  }
})
