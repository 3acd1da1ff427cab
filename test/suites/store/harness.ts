import { type TestContext, test } from 'node:test'
import type { Override } from '../../../src/domain/facts.ts'
import type { SourceDocument } from '../../../src/domain/revision.ts'
import type { Store, StoreChange } from '../../../src/ports/store.ts'

/** One fresh, empty set of state, and the way to open stores on it: what one writes, the others see. */
export interface StoreWorld {
  /** At most `keepRevisions` revisions stay. */
  open(options?: { readonly keepRevisions?: number }): Promise<Store>
  /** False when a second store has its own state: then what is said of several is left out. */
  readonly shared: boolean
  cleanUp(): Promise<void>
}

/** Where the clock of every world stands. */
export const NOW_MS = Date.UTC(2026, 0, 2)
export const META = { author: 'ada', reason: 'why not', atMs: NOW_MS }
export const DOCUMENTS: readonly SourceDocument[] = [
  { path: 'api.yaml', text: 'service: api\n' },
  { path: 'eu/api.yaml', text: 'service: eu # Zürich, 東京, \u{1f5fa}\n' },
]

export const override = (target: string, change: Partial<Override> = {}): Override => ({
  target,
  state: 'down',
  owner: 'ada',
  reason: 'maintenance',
  setAtMs: NOW_MS,
  expiresAtMs: null,
  ...change,
})

export interface StoreChecks {
  check(title: string, run: (world: StoreWorld, store: Store, t: TestContext) => Promise<void>): void
  /** With two stores on one state; left out where there is no such thing. */
  checkShared(title: string, run: (one: Store, other: Store) => Promise<void>): void
}

export function storeChecks(name: string, create: () => Promise<StoreWorld>): StoreChecks {
  const check: StoreChecks['check'] = (title, run) => {
    test(`${name}: ${title}`, async (t) => {
      const world = await create()
      const store = await world.open()
      try {
        await run(world, store, t)
      } finally {
        await store.close()
        await world.cleanUp()
      }
    })
  }
  const checkShared: StoreChecks['checkShared'] = (title, run) =>
    check(title, async (world, one, t) => {
      if (!world.shared) return t.skip('each store has its own state')
      const other = await world.open()
      try {
        await run(one, other)
      } finally {
        await other.close()
      }
    })
  return { check, checkShared }
}

const PATIENCE_MS = 10_000

/** What a store tells, and a way to wait for something after what was waited for before. */
export function changesOf(store: Pick<Store, 'watch'>): {
  readonly seen: readonly StoreChange[]
  next(matches: (change: StoreChange) => boolean): Promise<void>
  stop(): void
} {
  const seen: StoreChange[] = []
  const wakers = new Set<() => void>()
  const position = { read: 0 }
  const stop = store.watch((change) => {
    seen.push(change)
    for (const wake of wakers) wake()
  })
  const takeUntil = (matches: (change: StoreChange) => boolean): boolean => {
    while (position.read < seen.length) {
      const change = seen[position.read++]
      if (change !== undefined && matches(change)) return true
    }
    return false
  }
  const next = (matches: (change: StoreChange) => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        wakers.delete(wake)
        reject(new Error(`not told within ${PATIENCE_MS} ms; told so far: ${JSON.stringify(seen)}`))
      }, PATIENCE_MS)
      const wake = (): void => {
        if (!takeUntil(matches)) return
        clearTimeout(deadline)
        wakers.delete(wake)
        resolve()
      }
      wakers.add(wake)
      wake()
    })
  return { seen, next, stop }
}
