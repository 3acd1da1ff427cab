import type * as z from 'zod'
import { type Cursor, isMapping, nameOf, show } from './cursor.ts'
import { expectedPhrase, meantKeys, reportIssues, reportMissing, reportUnknownKey } from './issues.ts'

/** The value by its shape, or undefined after telling all that is wrong with it. */
export function read<S extends z.ZodType>(cursor: Cursor, shape: S): z.output<S> | undefined {
  const result = shape.safeParse(cursor.value, { error: expectedPhrase })
  if (result.success) return result.data
  reportIssues(cursor, result.error.issues)
  return undefined
}

/** Output of each field; where the input is required, undefined stands for one that is missing or wrong (and was told). */
export type Fields<S extends z.ZodRawShape> = {
  readonly [K in keyof S]: undefined extends z.input<S[K]> ? z.output<S[K]> : z.output<S[K]> | undefined
}

/**
 * A mapping field by field, so that one bad field does not hide what is wrong with the others. Unknown and missing keys
 * are told; a bad optional field reads as if it were absent. Undefined when it is no mapping.
 */
export function readFields<S extends z.ZodRawShape>(cursor: Cursor, object: z.ZodObject<S>): Fields<S> | undefined {
  const { value } = cursor
  if (!isMapping(value)) {
    cursor.report({
      rule: 'wrong-type',
      message: `${nameOf(cursor.path)} is ${show(value)}`,
      hint: 'expected a mapping',
    })
    return undefined
  }
  const known = Object.keys(object.shape)
  const unknown = Object.keys(value).filter((key) => !known.includes(key))
  for (const key of unknown) reportUnknownKey(cursor.child(key), key, known)
  const meant = meantKeys(unknown, known)
  const fields: Record<string, unknown> = {}
  for (const key of known) {
    const shape = object.shape[key] as unknown as z.ZodType
    const present = Object.hasOwn(value, key) ? read(cursor.child(key), shape) : undefined
    const result = present === undefined ? shape.safeParse(undefined) : { success: true, data: present }
    fields[key] = result.data
    if (!result.success && !Object.hasOwn(value, key) && !meant.includes(key)) reportMissing(cursor, key)
  }
  return fields as Fields<S>
}
