import { type FSWatcher, watch } from 'node:fs'
import { isPassedOver, type PolicyTree, walkPolicyDirectory } from './policy-tree.ts'
import { settling } from './settling.ts'

export interface PolicyWatchOptions {
  readonly directory: string
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
 * Watches a policy directory and the folders in it, those to come included, until it is closed. What has no events
 * (network file systems, links to files elsewhere) is found by a look every two seconds.
 */
export function watchPolicyDirectory(options: PolicyWatchOptions): { close(): void } {
  const { directory, onChange, onProblem = () => {}, settleMs = SETTLE_MS, schedule = afterDelay } = options
  const folders = watchedFolders(onProblem)
  let closed = false
  let known = ''
  let looking = Promise.resolve()
  let cancelPoll = (): void => {}

  const look = async (why: 'event' | 'poll'): Promise<void> => {
    const tree = await walkPolicyDirectory(directory)
    if (closed) return
    const found = fingerprintOf(tree)
    if (why === 'poll' && found === known) return
    known = found
    // Before the change is told: what is saved from now on has its own event, what was saved until now will be read.
    folders.replace(tree.folders, settled.notice)
    onChange()
  }
  const enqueue = (why: 'event' | 'poll'): Promise<void> => {
    looking = looking.then(() => look(why))
    return looking
  }
  const settled = settling(schedule, settleMs, () => enqueue('event'))
  const poll = (): void => {
    enqueue('poll').then(() => {
      if (!closed) cancelPoll = schedule(poll, POLL_MS)
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

/** What would differ if a file had been written, added, taken away or replaced. */
function fingerprintOf({ files, folders, problems }: PolicyTree): string {
  const ofFiles = files.map(({ path, stats }) => [path, stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs])
  return JSON.stringify([ofFiles, folders, problems])
}

/**
 * One watcher a folder: `recursive` of fs.watch follows no links. All are set anew each time, since one on a folder that was
 * deleted and made again under its old name would stay silent.
 */
function watchedFolders(onProblem: (message: string) => void) {
  const told = new Set<string>()
  let watchers: readonly FSWatcher[] = []

  const tell = (folder: string, error: Error): void => {
    const message = `${folder} cannot be watched (${error.message}); changes there are found within ${POLL_MS / 1_000} seconds`
    if (told.has(message)) return
    told.add(message)
    onProblem(message)
  }
  const watchFolder = (folder: string, notice: () => void): FSWatcher[] => {
    try {
      const watcher = watch(folder, (_event, name) => {
        // Kubernetes swaps the link ..data when a ConfigMap changes; all files in it are links through that one.
        if (name === null || name === '..data' || !isPassedOver(name)) notice()
      })
      watcher.on('error', (error: Error) => tell(folder, error))
      return [watcher]
    } catch (error) {
      tell(folder, error as Error)
      return []
    }
  }
  return {
    replace: (folders: readonly string[], notice: () => void): void => {
      const before = watchers
      watchers = folders.flatMap((folder) => watchFolder(folder, notice))
      for (const watcher of before) watcher.close()
    },
  }
}
