import * as z from 'zod'
import type { Sticky } from '../../domain/policy.ts'
import { readFields } from '../read.ts'
import { id } from '../shape/ids.ts'
import { headerName } from '../shape/web.ts'
import { defineStep } from './define-step.ts'

const shape = z.strictObject({
  by: z
    .enum(['weight', 'capacity', 'equal', 'headroom'])
    .prefault('weight')
    .meta({ description: 'What the shares follow; `headroom` is capacity less what is reported as used.' }),
  metric: id.prefault('load').meta({ description: 'What `by: headroom` reads of the endpoints.' }),
  sticky: z
    .union([z.enum(['none', 'network', 'tenant', 'path']), z.strictObject({ header: headerName })])
    .prefault('none')
    .meta({
      description:
        'What keeps a client at its endpoint: a hash of its network, tenant, path or of a header; `none` draws anew.',
    })
    .transform(
      (sticky): Sticky => (typeof sticky === 'string' ? { by: sticky } : { by: 'header', name: sticky.header }),
    ),
})

export const spread = defineStep({
  kind: 'spread',
  summary: 'Splits the clients among the equals in front.',
  shape,
  bare: 'allowed',
  fence: 'refused',
  read(params) {
    const fields = readFields(params, shape)
    if (fields === undefined) return undefined
    if (fields.by !== 'headroom' && Object.hasOwn(Object(params.value), 'metric')) {
      params.child('metric').report({
        rule: 'unread-metric',
        message: `\`metric\` is given, and \`by: ${fields.by}\` does not read it`,
        hint: 'write `by: headroom`, or remove it',
        part: 'key',
      })
    }
    return { kind: 'spread', by: fields.by, metric: fields.metric, sticky: fields.sticky }
  },
})
