import { join } from 'node:path'
import type { Override } from '../../domain/facts.ts'
import type { Revision, SourceDocument } from '../../domain/revision.ts'
import { type CommitMeta, RevisionConflict, type Store, type StoreChange } from '../../ports/store.ts'
import { revisionDigest } from '../revision-digest.ts'
import {
  checkDocuments,
  checkOverride,
  composeOverrides,
  composeRevision,
  parseOverrides,
  parseRevision,
} from '../stored-text.ts'
import { newestGood } from './newest-good.ts'
import { type NumberedFiles, numberedFilesInMemory } from './numbered-files.ts'
import { type Every, numberedFilesOnDisk } from './numbered-files-on-disk.ts'

const KEEP_REVISIONS = 1_000
const KEEP_REVISION_BYTES = 1_073_741_824
/** However large they are. */
const KEEP_LARGE_REVISIONS = 10
/** Only the newest list counts; a few older ones are there in case it turns out unreadable. */
const KEEP_OVERRIDE_LISTS = 10

export interface MemoryStoreOptions {
  /** Null keeps everything in this process's memory only. */
  readonly directory: string | null
  readonly nowMs: () => number
  /** How many revisions stay; older ones are deleted. At least 2. */
  readonly keepRevisions?: number
  /** Of large ones fewer stay: as many as have these octets together, but at least ten. */
  readonly keepRevisionBytes?: number
  /** Told of stored files that are damaged and passed over, and of changes that could not be looked for. */
  readonly onProblem?: (message: string) => void
  readonly every?: Every
}

/**
 * The embedded store for one node: history in a directory that several processes may open at once, so that the command line
 * can write while a server runs. The head is the newest readable revision: a damaged one is passed over and reported.
 * @throws Error when the directory cannot be written.
 */
export async function openMemoryStore(options: MemoryStoreOptions): Promise<Store> {
  const { directory, nowMs, onProblem = () => {}, every = everyInterval } = options
  const { keepRevisions = KEEP_REVISIONS, keepRevisionBytes = KEEP_REVISION_BYTES } = options
  // A single kept number could be given out twice: by one process that deleted it and one that still builds on it.
  if (keepRevisions < 2) throw new RangeError(`keepRevisions is ${keepRevisions}, expected 2 or more`)
  const open = (name: string): Promise<NumberedFiles> | NumberedFiles =>
    directory === null
      ? numberedFilesInMemory(name)
      : numberedFilesOnDisk({ directory: join(directory, name), nowMs, every, onProblem })
  const revisions = newestGood(await open('revisions'), parseRevision, onProblem)
  const overrideLists = newestGood(await open('overrides'), parseOverrides, onProblem)

  const listeners = new Set<(change: StoreChange) => void>()
  const told = {
    revision: (await revisions.newest())?.number ?? 0,
    overrides: (await overrideLists.newest())?.number ?? 0,
  }
  const tell = (change: StoreChange): void => {
    for (const listener of [...listeners]) {
      try {
        listener(change)
      } catch (error) {
        // What was written stands: a listener's fault is not the writer's.
        onProblem(`a listener to changes of the state failed: ${(error as Error).message}`)
      }
    }
  }
  const tellRevision = (number: number): void => {
    if (number <= told.revision) return
    told.revision = number
    tell({ kind: 'revision', number })
  }
  const tellOverrides = (number: number): void => {
    if (number <= told.overrides) return
    told.overrides = number
    tell({ kind: 'overrides' })
  }
  const look = coalesced(async () => {
    tellRevision((await revisions.newest())?.number ?? 0)
    tellOverrides((await overrideLists.newest())?.number ?? 0)
  }, onProblem)

  const watches = new Set<() => void>()
  const stopWatching = (): void => {
    for (const stop of watches) stop()
    watches.clear()
  }

  async function commit(base: number, documents: readonly SourceDocument[], meta: CommitMeta): Promise<Revision> {
    checkDocuments(documents)
    const content = {
      documents: documents.map(({ path, text }) => ({ path, text })),
      digest: revisionDigest(documents),
    }
    for (;;) {
      const { newest, nextNumber } = await revisions.state()
      const head = newest?.number ?? 0
      if (head !== base) throw new RevisionConflict(base, head)
      const revision: Revision = {
        number: nextNumber,
        ...content,
        author: meta.author,
        reason: meta.reason,
        atMs: meta.atMs,
      }
      // False: another process was faster. The next look finds its revision, and that is the conflict.
      const text = composeRevision(revision)
      if (!(await revisions.add(nextNumber, text))) continue
      tellRevision(nextNumber)
      const affordable = Math.max(KEEP_LARGE_REVISIONS, Math.floor(keepRevisionBytes / text.length))
      await revisions.keepNewest(Math.min(keepRevisions, affordable))
      return revision
    }
  }

  /** `change` returns the new list, or null to leave things as they are. Tried again when another process was faster. */
  async function changeOverrides(change: (list: readonly Override[]) => readonly Override[] | null): Promise<boolean> {
    for (;;) {
      const { newest, nextNumber } = await overrideLists.state()
      const next = change(inForce(newest?.value ?? [], nowMs()))
      if (next === null) return false
      if (!(await overrideLists.add(nextNumber, composeOverrides(next)))) continue
      tellOverrides(nextNumber)
      await overrideLists.keepNewest(KEEP_OVERRIDE_LISTS)
      return true
    }
  }

  return {
    head: async () => (await revisions.newest())?.value ?? null,
    revision: (number) => revisions.get(number),
    history: async (limit) => {
      const found = await revisions.newestFirst(limit)
      return found.map(({ documents: _, ...rest }) => rest)
    },
    commit,
    overrides: async (atMs) => inForce((await overrideLists.newest())?.value ?? [], atMs),
    setOverride: async (override) => {
      const valid = checkOverride(override)
      await changeOverrides((list) => [...list.filter(({ target }) => target !== valid.target), valid])
    },
    clearOverride: (target) =>
      changeOverrides((list) => {
        const rest = list.filter((override) => override.target !== target)
        return rest.length === list.length ? null : rest
      }),
    watch: (listener) => {
      // A listener of its own for each call, so that the same function may watch twice and stop once.
      const own = (change: StoreChange): void => listener(change)
      listeners.add(own)
      if (watches.size === 0) {
        for (const row of [revisions, overrideLists]) watches.add(row.files.watch(look))
        look()
      }
      return () => {
        listeners.delete(own)
        if (listeners.size === 0) stopWatching()
      }
    },
    close: async () => {
      listeners.clear()
      stopWatching()
    },
  }
}

const inForce = (overrides: readonly Override[], atMs: number): readonly Override[] =>
  overrides.filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > atMs)

const everyInterval: Every = (periodMs, run) => {
  const timer = setInterval(run, periodMs)
  return () => clearInterval(timer)
}

/** One run at a time; calls during a run lead to one more after it. */
function coalesced(run: () => Promise<void>, onProblem: (message: string) => void): () => void {
  const state: { now: 'idle' | 'running' | 'again' } = { now: 'idle' }
  const start = (): void => {
    if (state.now !== 'idle') {
      state.now = 'again'
      return
    }
    state.now = 'running'
    run()
      .catch((error: Error) => onProblem(`changes of the state could not be looked for: ${error.message}`))
      .finally(() => {
        const again = state.now === 'again'
        state.now = 'idle'
        if (again) start()
      })
  }
  return start
}
