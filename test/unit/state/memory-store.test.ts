import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openMemoryStore } from '../../../src/state/memory/open-memory-store.ts'
import { changesOf, storeSuite } from '../../suites/store-suite.ts'
import { DOCUMENTS, META, NOW_MS, nowMs, OVERRIDE, openOnDisk } from './open-on-disk.ts'

storeSuite('memory on disk', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'nearcast-store-'))
  return {
    open: (options) => openMemoryStore({ directory, nowMs, ...options }),
    shared: true,
    cleanUp: () => rm(directory, { recursive: true }),
  }
})

storeSuite('memory alone', async () => ({
  open: (options) => openMemoryStore({ directory: null, nowMs, ...options }),
  shared: false,
  cleanUp: async () => {},
}))

test('a restart finds everything again', async (t) => {
  const { store, reopen, problems } = await openOnDisk(t)
  const head = await store.commit(0, DOCUMENTS, META)
  await store.setOverride(OVERRIDE)
  await store.close()
  const again = await reopen()
  assert.deepEqual(await again.head(), head)
  assert.deepEqual(await again.overrides(NOW_MS), [OVERRIDE])
  assert.deepEqual(problems, [])
})

test('nothing but whole files is left behind', async (t) => {
  const { store, directory } = await openOnDisk(t)
  await Promise.allSettled([store.commit(0, DOCUMENTS, META), store.commit(0, DOCUMENTS, META)])
  await store.setOverride(OVERRIDE)
  assert.deepEqual(await readdir(join(directory, 'revisions')), ['000001.json'])
  assert.deepEqual(await readdir(join(directory, 'overrides')), ['000001.json'])
})

test('an expired override is gone from the disk with the next change', async (t) => {
  const { store, directory } = await openOnDisk(t)
  await store.setOverride({ ...OVERRIDE, expiresAtMs: NOW_MS })
  await store.setOverride({ ...OVERRIDE, target: 'api/b' })
  const stored = JSON.parse(await readFile(join(directory, 'overrides', '000002.json'), 'utf8'))
  assert.deepEqual(stored.overrides, [{ ...OVERRIDE, target: 'api/b' }])
})

test('half-written files of a killed process are cleared away, those of a running one are not', async (t) => {
  const { directory, reopen } = await openOnDisk(t)
  const revisions = join(directory, 'revisions')
  for (const [name, ageHours] of [
    ['.old.tmp', 2],
    ['.new.tmp', 0],
  ] as const) {
    await writeFile(join(revisions, name), '{')
    const changedSeconds = NOW_MS / 1_000 - ageHours * 3_600
    await utimes(join(revisions, name), changedSeconds, changedSeconds)
  }
  await reopen()
  assert.deepEqual(await readdir(revisions), ['.new.tmp'])
})

test('a state directory that cannot be written is a clear error', async (t) => {
  const { directory } = await openOnDisk(t)
  const file = join(directory, 'file')
  await writeFile(file, '')
  const loop = join(directory, 'loop')
  await symlink(loop, loop)
  for (const blocked of [file, join(file, 'below'), loop]) {
    await assert.rejects(openMemoryStore({ directory: blocked, nowMs }), (error: Error) => {
      assert.ok(error.message.startsWith(`the state directory ${blocked}`), error.message)
      assert.match(error.message, /cannot be written \(E[A-Z]+: .*--state$/)
      return true
    })
  }
})

test('a directory that goes away while it is open is a clear error, and nothing else breaks', async (t) => {
  const { store, directory } = await openOnDisk(t)
  await store.commit(0, DOCUMENTS, META)
  await rm(directory, { recursive: true })
  await assert.rejects(store.commit(1, DOCUMENTS, META), /ENOENT.*revisions/)
})

test('fewer than two kept revisions are refused', async () => {
  await assert.rejects(
    openMemoryStore({ directory: null, nowMs, keepRevisions: 1 }),
    /keepRevisions is 1, expected 2 or more/,
  )
})

test('of large revisions fewer stay, but at least ten', async () => {
  const keptOf = async (keepRevisionBytes: number): Promise<number> => {
    const store = await openMemoryStore({ directory: null, nowMs, keepRevisionBytes })
    for (let number = 0; number < 30; number++) {
      const text = `${number}`.padEnd(1_000, 'x')
      await store.commit(number, [{ path: 'a.yaml', text }], META)
    }
    return (await store.history(100)).length
  }
  // One is a little larger than its text.
  assert.deepEqual([await keptOf(1), await keptOf(20_000), await keptOf(100_000)], [10, 16, 30])
})

test('a change whose event was missed is found by looking now and then', async (t) => {
  const { store: writer, directory } = await openOnDisk(t)
  await writer.commit(0, DOCUMENTS, META)
  const polls = new Map<symbol, () => void>()
  const store = await openMemoryStore({
    directory,
    nowMs,
    every: (periodMs, run) => {
      assert.equal(periodMs, 2_000)
      const id = Symbol('poll')
      polls.set(id, run)
      return () => polls.delete(id)
    },
  })
  t.after(() => store.close())
  const changes = changesOf(store)
  assert.equal(polls.size, 2)
  // The watched folder is moved away and another put in its place: no event comes from that one.
  await rename(join(directory, 'revisions'), join(directory, 'moved'))
  await cp(join(directory, 'moved'), join(directory, 'revisions'), { recursive: true })
  await writer.commit(1, DOCUMENTS, META)
  for (const poll of polls.values()) poll()
  await changes.next((change) => change.kind === 'revision' && change.number === 2)
  await store.close()
  assert.equal(polls.size, 0)
})

test('processes on one directory never take the same number, and lose nothing', async (t) => {
  const { store, directory } = await openOnDisk(t)
  const [processes, commits] = [3, 8]
  const changes = changesOf(store)
  const writer = new URL('./store-writer.ts', import.meta.url)
  await Promise.all(
    Array.from({ length: processes }, (_, index) => {
      const child = fork(writer, [directory, `writer${index}`, String(commits)])
      return new Promise<void>((resolve, reject) => {
        child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`writer ${index} ended with ${code}`))))
      })
    }),
  )
  const history = await store.history(100)
  assert.deepEqual(
    history.map(({ number }) => number).reverse(),
    Array.from({ length: processes * commits }, (_, index) => index + 1),
  )
  for (let index = 0; index < processes; index++) {
    const own = history.filter(({ author }) => author === `writer${index}`).map(({ reason }) => Number(reason))
    assert.deepEqual(
      own.reverse(),
      Array.from({ length: commits }, (_, turn) => turn),
    )
  }
  assert.equal((await store.overrides(NOW_MS)).length, processes * commits)
  await changes.next((change) => change.kind === 'revision' && change.number === processes * commits)
})
