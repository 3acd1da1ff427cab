import { type FSWatcher, watch } from 'node:fs'
import { isPassedOver } from './policy-tree.ts'

export interface WatchedFolder {
  readonly path: string
  /** The files whose changes count; null: all but those that are passed over. */
  readonly names: ReadonlySet<string> | null
}

/**
 * One watcher a folder: `recursive` of fs.watch follows no links. All are set anew each time, since one on a folder that was
 * deleted and made again under its old name would stay silent.
 */
export function watchedFolders(onProblem: (message: string) => void) {
  const told = new Set<string>()
  let watchers: readonly FSWatcher[] = []

  const tell = (folder: string, error: Error): void => {
    const message = `${folder} cannot be watched (${error.message}); changes there are found by looking now and then`
    if (told.has(message)) return
    told.add(message)
    onProblem(message)
  }
  const watchFolder = ({ path, names }: WatchedFolder, notice: () => void): FSWatcher[] => {
    try {
      const watcher = watch(path, (_event, name) => {
        // Kubernetes swaps the link ..data when a ConfigMap changes; all files in it are links through that one.
        if (name === null || name === '..data' || (names === null ? !isPassedOver(name) : names.has(name))) notice()
      })
      watcher.on('error', (error: Error) => tell(path, error))
      return [watcher]
    } catch (error) {
      // Gone since it was found: whoever reads the folder says so, and the next look notices when it is back.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') tell(path, error as Error)
      return []
    }
  }
  return {
    replace: (folders: readonly WatchedFolder[], notice: () => void): void => {
      const before = watchers
      watchers = folders.flatMap((folder) => watchFolder(folder, notice))
      for (const watcher of before) watcher.close()
    },
  }
}
