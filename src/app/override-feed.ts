import type { Store } from '../ports/store.ts'
import type { Logger } from './logger.ts'
import type { Snapshots } from './snapshots.ts'

export interface OverrideFeedParts {
  readonly store: Store
  readonly snapshots: Snapshots
  readonly log: Logger
  readonly nowMs: () => number
}

/** Brings every change of the overrides into force, in the order in which they were made. Returns the way to stop. */
export function watchOverrides({ store, snapshots, log, nowMs }: OverrideFeedParts): () => void {
  let running: Promise<void> = Promise.resolve()
  const take = async (): Promise<void> => {
    const overrides = await store.overrides(nowMs())
    await snapshots.update({ overrides })
    const list = overrides.map(({ target, state, owner }) => `${target} ${state} (${owner})`).join(', ')
    log.info({ overrides: overrides.length }, `overrides in force: ${list || 'none'}`)
  }
  return store.watch((change) => {
    if (change.kind !== 'overrides') return
    running = running.then(take).catch((error: Error) => {
      log.error(`overrides cannot be read: ${error.message}. Those in force stay.`)
    })
  })
}
