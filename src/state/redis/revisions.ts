import type { Revision } from '../../domain/revision.ts'
import { RevisionConflict, type Store } from '../../ports/store.ts'
import { revisionDigest } from '../revision-digest.ts'
import { checkDocuments, composeRevision, parseRevision } from '../stored-text.ts'
import { composeHistoryEntry, parseHistoryEntry } from './history-entry.ts'
import { askMark, type Mark, parseMark, SCHEMA } from './mark.ts'
import type { RedisParts } from './parts.ts'

/** Of one revision as text: Redis holds it in memory, and so does whoever reads it. */
export const MOST_REVISION_OCTETS = 64 * 1024 * 1024
const MOST_ENTRY_OCTETS = 16 * 1024
/** Of large revisions fewer stay: as many as have these octets together, but at least ten. */
const KEEP_OCTETS = 256 * 1024 * 1024
const KEEP_LARGE_REVISIONS = 10

export type RevisionPart = Pick<Store, 'head' | 'revision' | 'history' | 'commit'>

export function createRevisions(parts: RedisParts, keepRevisions: number): RevisionPart {
  const { calls, keys, scripts, newId, mostChanges, onProblem } = parts
  /** The newest that was read or written, by the id of its write: it does not change, and may be large. */
  let newest: { readonly id: string; readonly revision: Revision } | null = null

  const readMark = async (): Promise<Mark> =>
    parseMark(await calls.read('the newest revision could not be read', ...askMark(keys)))

  async function read(number: number): Promise<Revision | null> {
    const text = await calls.read(`revision ${number} could not be read`, 'HGET', keys.revisions, number)
    if (typeof text !== 'string') return null
    const stored = parseRevision(text, number)
    // To go on with an older one instead would be to undo somebody's edit in silence.
    if (!stored.ok) throw new Error(`revision ${number} in Redis cannot be read: ${stored.problem}`)
    return stored.value
  }

  return {
    async head() {
      // A revision that is gone between the two reads has been followed by others: look again.
      for (let tries = 0; tries < 3; tries++) {
        const { revision: step } = await readMark()
        if (step.number === 0) return null
        if (newest?.id === step.id) return newest.revision
        const revision = await read(step.number)
        if (revision === null) continue
        newest = { id: step.id, revision }
        return revision
      }
      throw new Error(`the newest revision is not in Redis: somebody deletes from ${keys.revisions}`)
    },

    revision: async (number) => (Number.isSafeInteger(number) && number > 0 ? read(number) : null),

    async history(limit) {
      const { revision: head } = await readMark()
      const count = Math.min(limit, keepRevisions, head.number)
      if (!(count > 0)) return []
      const numbers = Array.from({ length: count }, (_, index) => head.number - index)
      const texts = await calls.read('the history could not be read', 'HMGET', keys.history, ...numbers)
      return (texts as (string | null)[]).flatMap((text, index) => {
        if (text === null) return []
        const entry = parseHistoryEntry(text, numbers[index] ?? 0)
        if (entry.ok) return [entry.value]
        onProblem(`the entry of revision ${numbers[index]} in Redis is passed over: ${entry.problem}`)
        return []
      })
    },

    async commit(base, documents, { author, reason, atMs }) {
      checkDocuments(documents)
      const content = documents.map(({ path, text }) => ({ path, text }))
      const revision = { number: base + 1, documents: content, digest: revisionDigest(content), author, reason, atMs }
      const text = within(MOST_REVISION_OCTETS, 'a revision', composeRevision(revision))
      const entry = within(MOST_ENTRY_OCTETS, 'author and reason of a revision', composeHistoryEntry(revision))
      const affordable = Math.max(KEEP_LARGE_REVISIONS, Math.floor(KEEP_OCTETS / Buffer.byteLength(text)))
      const id = newId()
      const reply = await calls.write(
        `revision ${base + 1} could not be written`,
        scripts.commit,
        [keys.state, keys.revisions, keys.history, keys.changes, keys.done(id)],
        [
          base,
          id,
          text,
          entry,
          Math.min(keepRevisions, affordable),
          mostChanges,
          parts.rememberSeconds,
          newId(),
          SCHEMA,
        ],
      )
      const [isWritten, number] = reply as [number, number]
      if (isWritten !== 1) throw new RevisionConflict(base, number)
      newest = { id, revision }
      parts.told.step('revision', { number, id })
      return revision
    },
  }
}

/** @throws Error when it is longer; then nothing was sent. */
function within(most: number, what: string, text: string): string {
  const octets = Buffer.byteLength(text)
  if (octets > most) throw new Error(`${what} would have ${octets} octets; the most is ${most}. Nothing was written.`)
  return text
}
