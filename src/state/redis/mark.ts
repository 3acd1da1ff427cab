/** How far the shared state is: a few numbers, by which two looks at it are compared. */
import type { Argument } from './connection.ts'
import type { Keys } from './keys.ts'

/** Which schema is written; a newer one is not read. */
export const SCHEMA = 1

/** Something that changes in steps: how often, and the write that was the last. */
export interface Step {
  /** 0: never. */
  readonly number: number
  readonly id: string
}

export interface Mark {
  /** Made up with the first write of all; another one means another history. Null: there is nothing. */
  readonly epoch: string | null
  /** Number of the last notice. */
  readonly change: number
  /** The newest revision. */
  readonly revision: Step
  readonly overrides: Step
}

const FIELDS = ['schema', 'epoch', 'change', 'revision', 'revisionId', 'overrides', 'overridesId'] as const

/** The command whose answer `parseMark` reads. */
export const askMark = (keys: Keys): readonly [string, ...Argument[]] => ['HMGET', keys.state, ...FIELDS]

/** @throws Error when it is none, or of a newer Nearcast. */
export function parseMark(reply: unknown): Mark {
  if (!Array.isArray(reply) || reply.length !== FIELDS.length) throw new Error('the state in Redis is no hash of ours')
  const [schema, epoch, change, revision, revisionId, overrides, overridesId] = reply as (string | null)[]
  if (Number(schema ?? SCHEMA) > SCHEMA)
    throw new Error(`the state in Redis has schema ${schema}, this Nearcast reads up to ${SCHEMA}: bring it up to date`)
  return {
    epoch: epoch ?? null,
    change: countOf('change', change),
    revision: { number: countOf('revision', revision), id: revisionId ?? '' },
    overrides: { number: countOf('overrides', overrides), id: overridesId ?? '' },
  }
}

function countOf(field: string, text: string | null | undefined): number {
  const number = Number(text ?? 0)
  if (!Number.isSafeInteger(number) || number < 0)
    throw new Error(`${field} in the state in Redis is ${JSON.stringify(text)}, expected a whole number`)
  return number
}
