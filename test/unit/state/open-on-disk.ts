import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Override } from '../../../src/domain/facts.ts'
import type { Store } from '../../../src/ports/store.ts'
import { openMemoryStore } from '../../../src/state/memory/open-memory-store.ts'

export const NOW_MS = Date.UTC(2026, 0, 2)
export const nowMs = (): number => NOW_MS
export const META = { author: 'ada', reason: 'why not', atMs: NOW_MS }
export const DOCUMENTS = [{ path: 'api.yaml', text: 'service: api\n' }]
export const OVERRIDE: Override = {
  target: 'api/a',
  state: 'down',
  owner: '',
  reason: '',
  setAtMs: 0,
  expiresAtMs: null,
}

export interface Opened {
  readonly store: Store
  readonly directory: string
  readonly problems: string[]
  /** Opens the same directory again, as after a restart. */
  reopen(): Promise<Store>
}

/** An empty state directory, gone after the test, and a store on it. */
export async function openOnDisk(t: TestContext): Promise<Opened> {
  const directory = await mkdtemp(join(tmpdir(), 'nearcast-store-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  const problems: string[] = []
  const reopen = async (): Promise<Store> => {
    const store = await openMemoryStore({ directory, nowMs, onProblem: (message) => problems.push(message) })
    t.after(() => store.close())
    return store
  }
  return { store: await reopen(), directory, problems, reopen }
}
