import type { Revision } from '../../domain/revision.ts'
import type { Stored } from '../stored-text.ts'

type Entry = Omit<Revision, 'documents'>

/** Everything but the documents: what the history shows. */
export const composeHistoryEntry = ({ number, digest, author, reason, atMs }: Entry): string =>
  JSON.stringify({ number, digest, author, reason, atMs })

/** `number` is the one under which it is stored. Fields that newer versions add are passed over. */
export function parseHistoryEntry(text: string, number: number): Stored<Entry> {
  let entry: Partial<Record<keyof Entry, unknown>> | null
  try {
    entry = JSON.parse(text)
  } catch {
    return { ok: false, problem: 'it is no JSON' }
  }
  const { digest, author, reason, atMs } = entry ?? {}
  if (entry?.number !== number) return { ok: false, problem: `its number is ${entry?.number}, expected ${number}` }
  if (typeof digest !== 'string' || typeof author !== 'string' || typeof reason !== 'string')
    return { ok: false, problem: 'digest, author or reason is missing' }
  if (!Number.isSafeInteger(atMs)) return { ok: false, problem: 'atMs is missing' }
  return { ok: true, value: { number, digest, author, reason, atMs: atMs as number } }
}
