/** A process that writes to a state directory while others do: `store-writer.ts DIRECTORY AUTHOR COMMITS`. */
import { RevisionConflict } from '../../../src/ports/store.ts'
import { openMemoryStore } from '../../../src/state/memory/open-memory-store.ts'

const [directory = '', author = '', commits = '0'] = process.argv.slice(2)
const store = await openMemoryStore({ directory, nowMs: () => 0 })

for (let turn = 0; turn < Number(commits); turn++) {
  await store.setOverride({
    target: `api/${author}-${turn}`,
    state: 'down',
    owner: author,
    reason: '',
    setAtMs: 0,
    expiresAtMs: null,
  })
  while (!(await committed(turn)));
}
await store.close()

async function committed(turn: number): Promise<boolean> {
  try {
    const base = (await store.head())?.number ?? 0
    await store.commit(base, [{ path: `${author}.yaml`, text: `${turn}` }], { author, reason: `${turn}`, atMs: 0 })
    return true
  } catch (error) {
    if (error instanceof RevisionConflict) return false
    throw error
  }
}
