import assert from 'node:assert/strict'
import { NOW_MS, override, type StoreChecks } from './harness.ts'

export function overrideChecks({ check }: StoreChecks): void {
  check('overrides stand in the order in which they were set; the same target is replaced', async (_, store) => {
    const [first, second] = [override('api/virginia'), override('*/tokyo', { state: 'drain', expiresAtMs: NOW_MS + 1 })]
    await store.setOverride(first)
    await store.setOverride(second)
    assert.deepEqual(await store.overrides(NOW_MS), [first, second])
    const again = override('api/virginia', { state: 'up', reason: 'mended' })
    await store.setOverride(again)
    assert.deepEqual(await store.overrides(NOW_MS), [second, again])
  })

  check('clearing says whether there was one, and leaves the others', async (_, store) => {
    await store.setOverride(override('api/virginia'))
    await store.setOverride(override('api/tokyo'))
    assert.equal(await store.clearOverride('api/virginia'), true)
    assert.equal(await store.clearOverride('api/virginia'), false)
    assert.deepEqual(await store.overrides(NOW_MS), [override('api/tokyo')])
  })

  check('an override is in force until it expires', async (_, store) => {
    await store.setOverride(override('api/virginia', { expiresAtMs: NOW_MS + 1_000 }))
    const targetsAt = async (atMs: number): Promise<string[]> =>
      (await store.overrides(atMs)).map(({ target }) => target)
    assert.deepEqual(await targetsAt(NOW_MS), ['api/virginia'])
    assert.deepEqual(await targetsAt(NOW_MS + 999), ['api/virginia'])
    assert.deepEqual(await targetsAt(NOW_MS + 1_000), [])
    assert.deepEqual(await targetsAt(NOW_MS), ['api/virginia'], 'reading must not delete')
  })

  check('an override that has expired cannot be cleared', async (_, store) => {
    await store.setOverride(override('api/virginia', { expiresAtMs: NOW_MS }))
    assert.equal(await store.clearOverride('api/virginia'), false)
  })

  const badOverrides: [what: string, change: object][] = [
    ['target', { target: '' }],
    ['target', { target: 'api' }],
    ['target', { target: 'api/a/b' }],
    ['target', { target: 'api/a b' }],
    ['state', { state: 'sideways' }],
    ['state', { state: 'constructor' }],
    ['owner', { owner: 7 }],
    ['reason', { reason: null }],
    ['setAtMs', { setAtMs: 'now' }],
    ['expiresAtMs', { expiresAtMs: Number.POSITIVE_INFINITY }],
  ]
  for (const [what, change] of badOverrides) {
    check(`an override with ${JSON.stringify(change)} is refused`, async (_, store) => {
      await assert.rejects(store.setOverride(override('api/virginia', change)), new RegExp(`^Error: .*${what} is `))
      assert.deepEqual(await store.overrides(NOW_MS), [])
    })
  }

  check('many overrides set at once are all there', async (_, store) => {
    const targets = Array.from({ length: 8 }, (_entry, index) => `api/e${index}`)
    await Promise.all(targets.map((target) => store.setOverride(override(target))))
    assert.deepEqual((await store.overrides(NOW_MS)).map(({ target }) => target).toSorted(), targets)
  })
}
