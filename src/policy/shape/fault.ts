import * as z from 'zod'

/** Why a text that has the right type will not do. Without a message, the value found is the message. */
export interface Fault {
  readonly rule: string
  readonly message?: string
  /** See `Finding.hint`. */
  readonly hint?: string | (() => string)
}

export type Fail = (fault: Fault) => never

export interface Description {
  /** What it is, for editors. */
  readonly description: string
  readonly examples?: readonly unknown[]
  /** What editors may check: a necessary condition, `parse` has the last word. */
  readonly pattern?: string
  /** Name under which the JSON Schema lists it once. */
  readonly id?: string
}

/** A text with a meaning. `expected` fits after the word "expected". */
export function text<T>(
  expected: string | ReturnType<typeof orQuote>,
  description: Description,
  parse: (text: string, fail: Fail) => T,
) {
  return z
    .string({ error: expected })
    .meta({ ...description })
    .transform((value, context): T => {
      return parse(value, (fault) => {
        context.issues.push({ code: 'custom', input: value, params: { ...fault } })
        return z.NEVER
      })
    })
}

/** For texts that YAML may have read as something else: `1e3` is a number, `true` a boolean, unless in quotes. */
export const orQuote =
  (phrase: string) =>
  ({ input }: { readonly input?: unknown }): string =>
    typeof input === 'number' || typeof input === 'boolean' ? `${phrase}; write it in quotes` : phrase

/** One value or a list of them, read as a list. */
export function oneOrMore<S extends z.ZodType>(item: S) {
  return z
    .union([z.array(item).min(1, 'at least one entry'), item])
    .transform((value) => (Array.isArray(value) ? value : [value]) as z.output<S>[])
}

/** For `refine`: what a value of the right type must be besides. `expected` fits after the word "expected". */
export const must = (expected: string, rule = 'bad-value') => ({ params: { rule, hint: `expected ${expected}` } })

/** Whatever is there, to be read by hand; but it must be there. */
export const something = z.unknown().refine((value) => value !== undefined)

/** A whole number of a range. */
export function whole(least: number, most: number, name = 'a whole number') {
  const phrase = `${name} from ${least} to ${most}`
  return z.number(phrase).int(phrase).min(least, phrase).max(most, phrase)
}
