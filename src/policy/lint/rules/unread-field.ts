import type { Endpoint } from '../../../domain/endpoint.ts'
import type { Policy } from '../../../domain/policy.ts'
import { formatPath } from '../../path.ts'
import { goesByHeadroom } from '../metrics.ts'
import { policyRule, warning } from '../rule.ts'
import { quoteAll } from '../text.ts'

interface Field {
  readonly name: string
  readonly isSet: (endpoint: Endpoint) => boolean
  readonly isRead: (policy: Policy) => boolean
  readonly reader: string
  readonly consequence: string
}

const FIELDS: readonly Field[] = [
  {
    name: 'serves',
    isSet: (endpoint) => endpoint.serves !== null,
    isRead: ({ steps }) => steps.some((step) => step.kind === 'geofence'),
    reader: 'a `geofence` step',
    consequence: 'they are answered to everybody',
  },
  {
    name: 'weight',
    isSet: (endpoint) => endpoint.weight !== 1,
    isRead: ({ steps }) => steps.some((step) => step.kind === 'spread' && step.by === 'weight'),
    reader: 'a `spread: { by: weight }` step',
    consequence: 'the weights do nothing',
  },
  {
    name: 'capacity',
    isSet: (endpoint) => endpoint.capacity !== null,
    isRead: ({ steps }) =>
      steps.some((step) => goesByHeadroom(step) || (step.kind === 'spread' && step.by === 'capacity')),
    reader: '`spread: { by: capacity }`, or `up: { failover: headroom }`',
    consequence: 'the capacities do nothing',
  },
  {
    name: 'bias',
    isSet: (endpoint) => endpoint.bias !== 0,
    isRead: ({ steps }) => steps.some((step) => step.kind === 'nearest'),
    reader: 'a `nearest` step',
    consequence: 'the bias does nothing',
  },
]

/** Something written at endpoints that only a step would read, and there is no such step. */
export const unreadField = policyRule('unread-field', function* (policy) {
  for (const field of FIELDS) {
    const set = policy.endpoints.filter(field.isSet)
    const [first] = set
    if (first === undefined || field.isRead(policy)) continue
    yield warning(
      policy,
      formatPath(['endpoints', first.id, field.name]),
      `\`${field.name}\` of ${quoteAll(set.map(({ id }) => id))} is read by no step: ${field.consequence}`,
      `add ${field.reader}, or remove \`${field.name}\``,
    )
  }
})
