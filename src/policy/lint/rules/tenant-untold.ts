import type { Policy } from '../../../domain/policy.ts'
import { leavesOf } from '../condition-truth.ts'
import { policyRule, warning } from '../rule.ts'
import { stepName, stepPath } from '../text.ts'

/** Steps that ask for a tenant, in a policy that says nowhere how one is told; or a way to tell it that can never succeed. */
export const tenantUntold = policyRule('tenant-untold', function* (policy) {
  const reader = policy.steps.find((step) => readsTenant(step))
  if (policy.tenants.length === 0 && reader !== undefined) {
    yield warning(
      reader,
      stepPath(reader),
      `${stepName(reader)} asks for the tenant, but the policy does not say how one is told: no request has any`,
      'add `tenant: [host, { header: x-tenant }, path]`, or what of it fits',
    )
  }
  if (policy.tenants.some(({ from }) => from === 'host') && !policy.names.http.some((name) => name.startsWith('*.'))) {
    yield warning(
      policy,
      'tenant',
      '`tenant: host` takes what `*` stands for, and no HTTP name of the service begins with `*.`: no request has a tenant by its host',
      "add a name such as `'*.api.example'` to `names.http`, or remove `host`",
    )
  }
})

const readsTenant = (step: Policy['steps'][number]): boolean =>
  (step.when !== null && leavesOf(step.when).some(({ kind }) => kind === 'tenant')) ||
  (step.kind === 'spread' && step.sticky.by === 'tenant')
