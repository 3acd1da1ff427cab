import type { Schedule } from '../../ports/schedule.ts'
import type { Connection } from './connection.ts'
import { failureOf } from './failures.ts'
import type { Keys } from './keys.ts'
import { askMark, parseMark, type Step } from './mark.ts'
import type { Told } from './told.ts'

/** Entries read at once. */
const MOST_ENTRIES = 100
const READY_WITHIN_MS = 60_000
const AFTER_FAILURE_MS = 500

export interface FollowParts {
  /** Of its own: it blocks. */
  readonly connection: Connection
  readonly keys: Keys
  readonly told: Told
  /** How long a read waits for the next change; then the state is compared, in case that one was missed. */
  readonly compareEveryMs: number
  readonly schedule: Schedule
  readonly onProblem: (message: string) => void
}

/**
 * Hears of every change from the stream of changes, whose entries are numbered one by one. After a connection, after a gap (the
 * stream was trimmed, or lost), and whenever nothing came for a while, the state itself is looked at: so what was missed is
 * found. Returns the way to stop.
 */
export function followChanges(parts: FollowParts): () => void {
  const { connection, keys, told, schedule, onProblem } = parts
  let isStopped = false
  let isTroubled = false

  async function look(): Promise<number> {
    const before = told.known()
    const found = parseMark(await connection.command(...askMark(keys)))
    if (isTroubled) onProblem('changes of the state in Redis are told again')
    isTroubled = false
    told.look(found, before)
    return found.change
  }

  async function follow(): Promise<void> {
    let position = await look()
    while (!isStopped) {
      const from = `${position}-0`
      const reply = await connection.command(
        ...(['XREAD', 'COUNT', MOST_ENTRIES, 'BLOCK', parts.compareEveryMs, 'STREAMS', keys.changes, from] as const),
      )
      const notices = parseNotices(reply)
      const isWhole = notices.every(({ change }, index) => change === position + 1 + index)
      if (notices.length === 0 || !isWhole) {
        position = await look()
        continue
      }
      for (const { kind, step } of notices) {
        if (kind === 'revision' || kind === 'overrides') told.step(kind, step)
      }
      position += notices.length
    }
  }

  async function run(): Promise<void> {
    while (!isStopped) {
      try {
        if (await connection.ready(READY_WITHIN_MS)) await follow()
      } catch (error) {
        if (isStopped) return
        if (!isTroubled)
          onProblem(`changes of the state in Redis are not told now: ${failureOf(error).why}. This is tried again.`)
        isTroubled = true
        await new Promise<void>((resolve) => schedule(resolve, AFTER_FAILURE_MS))
      }
    }
  }

  run()
  return () => {
    isStopped = true
    connection.close()
  }
}

interface Notice {
  readonly change: number
  /** Newer versions may know kinds that this one does not: they are passed over. */
  readonly kind: string
  readonly step: Step
}

/** `[[key, [[id, [field, value, …]], …]]]`, or null when nothing came. */
function parseNotices(reply: unknown): readonly Notice[] {
  if (!Array.isArray(reply)) return []
  const entries = (reply[0] as [string, [string, string[]][]])[1]
  return entries.map(([id, pairs]) => {
    const fields = new Map(pairs.flatMap((name, index) => (index % 2 === 0 ? [[name, pairs[index + 1] ?? '']] : [])))
    return {
      change: Number.parseInt(id, 10),
      kind: fields.get('kind') ?? '',
      step: { number: Number(fields.get('number')), id: fields.get('id') ?? '' },
    }
  })
}
