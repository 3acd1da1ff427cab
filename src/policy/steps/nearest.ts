import * as z from 'zod'
import { MAX_BIAS } from '../limits.ts'
import { readFields } from '../read.ts'
import { whole } from '../shape/fault.ts'
import { idKey } from '../shape/ids.ts'
import { within } from '../shape/units.ts'
import { didYouMean } from '../suggest.ts'
import { defineStep } from './define-step.ts'

const FACTOR_PHRASE = 'a factor from 1 to 100'

/** Route 53: an integer from −99 to 99; positive ones widen the area that an endpoint wins. */
export const bias = whole(-MAX_BIAS, MAX_BIAS, 'a bias (a whole number)')

const shape = z.strictObject({
  within: within.nullable().prefault(null),
  foreignFactor: z
    .number(FACTOR_PHRASE)
    .min(1, FACTOR_PHRASE)
    .max(100, FACTOR_PHRASE)
    .prefault(1)
    .meta({ description: "Distances into another country than the client's count so many times." }),
  bias: z
    .record(idKey, bias)
    .prefault({})
    .meta({ description: 'Endpoint → bias, −99…99, over its own. Positive ones count as nearer.' }),
})

export const nearest = defineStep({
  kind: 'nearest',
  summary: 'Orders endpoints by great-circle distance to the client.',
  shape,
  bare: 'allowed',
  fence: 'refused',
  read(params, scope) {
    const fields = readFields(params, shape)
    if (fields === undefined) return undefined
    const byIndex = new Map<number, number>()
    for (const [id, value] of Object.entries(fields.bias)) {
      const index = scope.endpoints.get(id)
      if (index !== undefined) byIndex.set(index, value)
      else {
        const at = params.child('bias').child(id)
        at.report({
          rule: 'unknown-endpoint',
          message: `there is no endpoint \`${id}\``,
          hint: () => didYouMean(id, scope.endpoints.keys()),
          part: 'key',
        })
      }
    }
    return { kind: 'nearest', within: fields.within, foreignFactor: fields.foreignFactor, bias: byIndex }
  },
})
