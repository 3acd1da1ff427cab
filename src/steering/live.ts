import type { Snapshot } from './snapshot.ts'

/** The one place that holds the snapshot in force. Readers take it once per question and never see half a change. */
export interface LiveSnapshot {
  /** Null only before the first publication. */
  current(): Snapshot | null
  publish(snapshot: Snapshot): void
  /** Called after each publication; returns the way to stop. */
  subscribe(listener: (snapshot: Snapshot) => void): () => void
}

export function createLiveSnapshot(): LiveSnapshot {
  let live: Snapshot | null = null
  const listeners = new Set<(snapshot: Snapshot) => void>()
  return {
    current: () => live,
    publish(snapshot) {
      live = snapshot
      for (const listener of listeners) listener(snapshot)
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
