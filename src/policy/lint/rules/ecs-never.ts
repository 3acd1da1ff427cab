import type { Policy, Step } from '../../../domain/policy.ts'
import { formatPath } from '../../path.ts'
import { leavesOf } from '../condition-truth.ts'
import { zoneOf } from '../names.ts'
import { policyRule, warning } from '../rule.ts'
import { quote, stepName } from '../text.ts'

/** A service that steers by place, in a zone that does not listen to client subnets: one answer for everybody behind a resolver. */
export const ecsNever = policyRule('ecs-never', function* (policy: Policy, { zones }) {
  const reader = policy.steps.find(readsPlace)
  if (reader === undefined) return
  for (const [index, name] of policy.names.dns.entries()) {
    const zone = zoneOf(name, zones)
    if (zone?.ecs !== 'never') continue
    yield warning(
      policy,
      formatPath(['names', 'dns', index]),
      `${stepName(reader)} goes by where the client is, but zone ${quote(zone.name)} has \`ecs: never\`: everybody behind a resolver gets the answer for the place of the resolver`,
      `write \`ecs: always\` in ${zone.at.file}`,
    )
  }
})

const OF_THE_PLACE = new Set(['country', 'continent', 'subdivision', 'asn', 'cidr', 'located'])

const readsPlace = (step: Step): boolean =>
  step.kind === 'nearest' ||
  step.kind === 'fastest' ||
  step.kind === 'geofence' ||
  (step.when !== null && leavesOf(step.when).some(({ kind }) => OF_THE_PLACE.has(kind)))
