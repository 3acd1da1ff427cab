import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import type { ZoneFile } from './config-values.ts'
import { type PolicyTree, walkPolicyDirectory } from './policy-tree.ts'
import { settling } from './settling.ts'
import { type WatchedFolder, watchedFolders } from './watched-folders.ts'
import { findZoneFiles, systemPathOf, type ZoneFiles } from './zone-files.ts'

export interface PolicyWatchOptions {
  readonly directory: string
  /** Master files outside of it, or folders of them. */
  readonly zones?: readonly ZoneFile[]
  /** Files that the documents named when they were read last, see `PolicyDirectory.named`. */
  readonly named?: () => readonly string[]
  /** Called after each change, and once at the start: what changed before the watch began is not lost. */
  readonly onChange: () => void
  /** Told once of each way in which events cannot be had. Changes are found all the same, by looking. */
  readonly onProblem?: (message: string) => void
  /** Least quiet time before a change is told: one save is several events, a checkout hundreds. */
  readonly settleMs?: number
  /** Runs `task` once, after `delayMs`; returns the way to call it off. */
  readonly schedule?: (task: () => void, delayMs: number) => () => void
}

const SETTLE_MS = 100
const POLL_MS = 2_000

/**
 * Watches a policy directory and the folders in it, those to come included, and the master files besides, until it is closed. What has no events
 * (network file systems, links to files elsewhere) is found by a look every two seconds.
 */
export function watchPolicyDirectory(options: PolicyWatchOptions): { close(): void } {
  const { directory, onChange, onProblem = () => {}, settleMs = SETTLE_MS, schedule = afterDelay } = options
  const { zones = [], named = () => [] } = options
  const folders = watchedFolders(onProblem)
  let closed = false
  let known = ''
  let files = 0
  let looking = Promise.resolve()
  let cancelPoll = (): void => {}

  const look = async (why: 'event' | 'poll'): Promise<void> => {
    const tree = await walkPolicyDirectory(directory)
    const given = await findZoneFiles(zones)
    const others = [
      ...given.files.map(({ path, stats }) => ({ file: systemPathOf(path), stats })),
      ...(await statsOf(named())),
    ]
    if (closed) return
    const found = fingerprintOf(tree, given, others)
    files = tree.files.length + others.length
    if (why === 'poll' && found === known) return
    known = found
    // Before the change is told: what is saved from now on has its own event, what was saved until now will be read.
    folders.replace(foldersOf(tree, given, others), settled.notice)
    onChange()
  }
  const enqueue = (why: 'event' | 'poll'): Promise<void> => {
    looking = looking.then(() => look(why))
    return looking
  }
  const settled = settling(schedule, settleMs, () => enqueue('event'))
  const poll = (): void => {
    enqueue('poll').then(() => {
      if (!closed) cancelPoll = schedule(poll, pollDelayMs(files))
    })
  }

  poll()
  return {
    close: () => {
      closed = true
      cancelPoll()
      settled.cancel()
      folders.replace([], () => {})
    },
  }
}

const afterDelay = (task: () => void, delayMs: number): (() => void) => {
  const timer = setTimeout(task, delayMs)
  return () => clearTimeout(timer)
}

/** A look costs time for each file, and mostly events come before it. */
const FILES_A_POLL = 1_000
const pollDelayMs = (files: number): number => POLL_MS * Math.max(1, Math.ceil(files / FILES_A_POLL))

/** A file of the system outside the walk; null when it is not there. */
interface OtherFile {
  readonly file: string
  readonly stats: Stats | null
}

async function statsOf(files: readonly string[]): Promise<readonly OtherFile[]> {
  const found: OtherFile[] = []
  for (const file of new Set(files)) found.push({ file, stats: await stat(file).catch(() => null) })
  return found
}

const markOf = (stats: Stats | null) => (stats === null ? null : [stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs])

/** What would differ if a file had been written, added, taken away or replaced. */
function fingerprintOf(tree: PolicyTree, given: ZoneFiles, others: readonly OtherFile[]): string {
  const ofFiles = tree.files.map(({ path, stats }) => [path, markOf(stats)])
  const ofOthers = others.map(({ file, stats }) => [file, markOf(stats)])
  return JSON.stringify([ofFiles, tree.folders, tree.problems, given.folders, given.problems, ofOthers])
}

/** Folders to watch: in those of other people only what is named counts. */
function foldersOf(tree: PolicyTree, given: ZoneFiles, others: readonly OtherFile[]): readonly WatchedFolder[] {
  const whole = [...tree.folders, ...given.folders]
  const known = new Set(whole.map((folder) => resolve(folder)))
  const names = new Map<string, Set<string>>()
  for (const { file, stats } of others) {
    const folder = dirname(resolve(file))
    // A folder that is not there has no events.
    if (known.has(folder) || stats === null) continue
    names.set(folder, (names.get(folder) ?? new Set()).add(basename(file)))
  }
  return [...whole.map((path) => ({ path, names: null })), ...[...names].map(([path, only]) => ({ path, names: only }))]
}
