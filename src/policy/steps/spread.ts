import * as z from 'zod'
import type { Sticky } from '../../domain/policy.ts'
import { readFields } from '../read.ts'
import { headerName } from '../shape/web.ts'
import { defineStep } from './define-step.ts'

const shape = z.strictObject({
  by: z.enum(['weight', 'capacity', 'equal']).prefault('weight').meta({ description: 'What the shares follow.' }),
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
    return fields && { kind: 'spread', by: fields.by, sticky: fields.sticky }
  },
})
