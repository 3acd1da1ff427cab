import * as z from 'zod'
import type { Selector } from '../../domain/policy.ts'
import { isMapping, nameOf, show } from '../cursor.ts'
import { readFields } from '../read.ts'
import { readSelector, selectorShape } from '../selector.ts'
import { something } from '../shape/fault.ts'
import { percent } from '../shape/units.ts'
import { defineStep } from './define-step.ts'

const tiers = z
  .array(selectorShape)
  .min(1)
  .meta({ description: 'Tiers, best first. Endpoints that no tier names come last.' })

const shape = z.strictObject({
  trickle: percent
    .prefault(0)
    .meta({ description: 'Share of the clients that go to the next tier, so that it stays warm.' }),
})
const withTiers = shape.extend({ tiers: something })

export const prefer = defineStep({
  kind: 'prefer',
  summary: 'Orders endpoints in tiers: the first with a survivor wins.',
  shape: z.union([tiers, shape.extend({ tiers })]),
  bare: 'refused',
  fence: 'refused',
  read(params, scope) {
    const short = !isMapping(params.value)
    const fields = readFields(short ? params.with({ tiers: params.value }) : params, withTiers)
    if (fields === undefined) return undefined
    const list = short ? params : params.child('tiers')
    if (list.value === undefined) return undefined
    if (!Array.isArray(list.value) || list.value.length === 0) {
      list.report({
        rule: 'wrong-type',
        message: `${nameOf(list.path)} is ${show(list.value)}`,
        hint: 'expected a list of tiers, such as `[{ tag: main }, { tag: backup }]`',
      })
      return undefined
    }
    const read = list.items().map((tier) => readSelector(tier, scope))
    const found = read.filter((tier): tier is Selector => tier !== undefined)
    return { kind: 'prefer', tiers: found, tricklePercent: fields.trickle }
  },
})
