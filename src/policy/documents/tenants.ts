import * as z from 'zod'
import type { Cursor } from '../cursor.ts'
import { read } from '../read.ts'
import { orQuote } from '../shape/fault.ts'
import { idKey } from '../shape/ids.ts'

const attributesShape = z
  .record(idKey, z.string({ error: orQuote('a text') }).max(1024, 'a text of at most 1024 characters'))
  .nullable()
  .transform((attributes) => attributes ?? {})
  .meta({ description: 'Attribute → text. `id` is there by itself.' })

export const tenantsShape = z
  .strictObject({
    $schema: z.string().optional(),
    tenants: z.record(idKey, attributesShape).meta({ description: 'Tenant id → attributes.' }),
  })
  .meta({
    title: 'Tenants',
    description: 'Tenants and their attributes, asked for by `when: { tenant.<attribute>: … }`.',
  })

/** One tenant's attributes, `id` among them; undefined after reporting what is wrong. */
export function readTenant(cursor: Cursor, id: string): Readonly<Record<string, string>> | undefined {
  const attributes = read(cursor, attributesShape)
  if (attributes === undefined) return undefined
  if (attributes.id !== undefined && attributes.id !== id) {
    cursor.child('id').report({
      rule: 'reserved-attribute',
      message: `the attribute \`id\` of tenant \`${id}\` is ${JSON.stringify(attributes.id)}`,
      hint: 'the id is the key: leave `id` out',
      part: 'key',
    })
  }
  return { ...attributes, id }
}
