import assert from 'node:assert/strict'
import { changesOf, DOCUMENTS, META, NOW_MS, override, type StoreChecks } from './harness.ts'

/** Changes are told, and several stores on one state agree. */
export function sharingChecks({ check, checkShared }: StoreChecks): void {
  check('its own changes are told', async (_, store) => {
    const changes = changesOf(store)
    await store.commit(0, DOCUMENTS, META)
    await changes.next((change) => change.kind === 'revision' && change.number === 1)
    await store.setOverride(override('api/virginia'))
    await changes.next((change) => change.kind === 'overrides')
    await store.clearOverride('api/virginia')
    await changes.next((change) => change.kind === 'overrides')
  })

  check('no listener is told once it has stopped, nor of what did not happen', async (_, store) => {
    const [stopped, listening] = [changesOf(store), changesOf(store)]
    stopped.stop()
    await store.clearOverride('api/virginia')
    await assert.rejects(store.commit(7, DOCUMENTS, META))
    await store.commit(0, DOCUMENTS, META)
    await listening.next((change) => change.kind === 'revision')
    assert.deepEqual(stopped.seen, [])
    assert.deepEqual(listening.seen, [{ kind: 'revision', number: 1 }])
  })

  check('a listener that throws harms neither the writer nor other listeners', async (_, store) => {
    store.watch(() => {
      throw new Error('a faulty listener')
    })
    const changes = changesOf(store)
    assert.equal((await store.commit(0, DOCUMENTS, META)).number, 1)
    await changes.next((change) => change.kind === 'revision')
  })

  checkShared('what one writes the other reads', async (one, other) => {
    const first = await one.commit(0, DOCUMENTS, META)
    assert.deepEqual(await other.head(), first)
    const second = await other.commit(1, [], META)
    assert.deepEqual(await one.head(), second)
    await one.setOverride(override('api/virginia'))
    await other.setOverride(override('api/tokyo'))
    assert.deepEqual(await one.overrides(NOW_MS), [override('api/virginia'), override('api/tokyo')])
  })

  checkShared('of two commits on one base, one is a conflict', async (one, other) => {
    const tries = await Promise.allSettled([one, other, one, other].map((store) => store.commit(0, DOCUMENTS, META)))
    assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1)
    assert.equal((await one.history(10)).length, 1)
  })

  checkShared('overrides set by both at once are all there', async (one, other) => {
    const targets = Array.from({ length: 12 }, (_entry, index) => `api/e${String(index).padStart(2, '0')}`)
    await Promise.all(targets.map((target, index) => (index % 2 === 0 ? one : other).setOverride(override(target))))
    for (const store of [one, other]) {
      assert.deepEqual((await store.overrides(NOW_MS)).map(({ target }) => target).toSorted(), targets)
    }
  })

  checkShared("the other's changes are told", async (one, other) => {
    const changes = changesOf(one)
    await other.commit(0, DOCUMENTS, META)
    await changes.next((change) => change.kind === 'revision' && change.number === 1)
    await other.setOverride(override('api/virginia'))
    await changes.next((change) => change.kind === 'overrides')
    await other.clearOverride('api/virginia')
    await changes.next((change) => change.kind === 'overrides')
    await other.commit(1, [], META)
    await changes.next((change) => change.kind === 'revision' && change.number === 2)
  })
}
