import * as z from 'zod'
import { MAX_ID_LENGTH } from '../limits.ts'
import { orQuote, text } from './fault.ts'

const ID_PATTERN = `^[A-Za-z0-9][A-Za-z0-9._-]{0,${MAX_ID_LENGTH - 1}}$`
const ID = new RegExp(ID_PATTERN)
const ID_PHRASE = `a name of 1 to ${MAX_ID_LENGTH} letters, digits, \`.\`, \`_\` or \`-\`, the first a letter or digit`

/** Name of a service, endpoint, site, check, tag, tenant or tenant attribute. */
export const id = text(
  orQuote(ID_PHRASE),
  {
    id: 'id',
    description: 'A name: letters, digits, `.`, `_`, `-`; begins with a letter or digit.',
    pattern: ID_PATTERN,
  },
  (value, fail): string => (ID.test(value) ? value : fail({ rule: 'bad-id', hint: `expected ${ID_PHRASE}` })),
)

/** The same for keys of a mapping. */
export const idKey = z.string(ID_PHRASE).regex(ID, ID_PHRASE)

const GLOB_PATTERN = `^[A-Za-z0-9*][A-Za-z0-9._*-]{0,${MAX_ID_LENGTH - 1}}$`
const GLOB = new RegExp(GLOB_PATTERN)
const GLOB_PHRASE = 'an endpoint id, or a pattern with `*` such as `eu-*`'

/** An endpoint id or a pattern of them. */
export const idGlob = text(
  orQuote(GLOB_PHRASE),
  {
    id: 'endpoints',
    description: 'An endpoint id; `*` stands for any number of characters.',
    examples: ['frankfurt', 'eu-*'],
    pattern: GLOB_PATTERN,
  },
  (value, fail): string => (GLOB.test(value) ? value : fail({ rule: 'bad-id', hint: `expected ${GLOB_PHRASE}` })),
)

/** Whether an id is one of those that the glob names. Linear: `*` matches as little as it can, from left to right. */
export function globMatches(glob: string, id: string): boolean {
  const [head = '', ...rest] = glob.split('*')
  const tail = rest.pop()
  if (tail === undefined) return glob === id
  if (!id.startsWith(head) || !id.endsWith(tail) || id.length < head.length + tail.length) return false
  const end = id.length - tail.length
  let from = head.length
  for (const part of rest) {
    const found = id.indexOf(part, from)
    if (found < 0 || found + part.length > end) return false
    from = found + part.length
  }
  return true
}

/** A value of a header, a cookie or a tenant attribute, as a glob. */
export const valueGlob = z
  .string({ error: orQuote('a text, in which `*` stands for any characters') })
  .min(1, 'a text that is not empty')
  .max(1024, 'a text of at most 1024 characters')
  .meta({ description: 'A value; `*` stands for any number of characters.' })
