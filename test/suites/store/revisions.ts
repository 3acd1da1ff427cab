import assert from 'node:assert/strict'
import type { SourceDocument } from '../../../src/domain/revision.ts'
import { RevisionConflict } from '../../../src/ports/store.ts'
import { DOCUMENTS, META, NOW_MS, type StoreChecks } from './harness.ts'

export function revisionChecks({ check }: StoreChecks): void {
  check('is empty at first', async (_, store) => {
    assert.equal(await store.head(), null)
    assert.equal(await store.revision(1), null)
    assert.deepEqual(await store.history(10), [])
    assert.deepEqual(await store.overrides(NOW_MS), [])
    assert.equal(await store.clearOverride('api/virginia'), false)
  })

  check('commit gives the whole revision back, as head and revision do', async (_, store) => {
    const committed = await store.commit(0, DOCUMENTS, META)
    const { digest, ...rest } = committed
    assert.deepEqual(rest, { number: 1, documents: DOCUMENTS, ...META })
    assert.match(digest, /^[0-9a-f]{64}$/)
    assert.deepEqual(await store.head(), committed)
    assert.deepEqual(await store.revision(1), committed)
  })

  check('the digest depends on paths and texts, and on nothing else', async (_, store) => {
    const first = await store.commit(0, DOCUMENTS, META)
    const sameTurned = await store.commit(1, DOCUMENTS.toReversed(), { author: 'bob', reason: '', atMs: 0 })
    assert.equal(sameTurned.digest, first.digest)
    const digests = new Set([first.digest])
    const others: SourceDocument[][] = [
      [],
      [{ path: 'a', text: 'bc' }],
      [{ path: 'ab', text: 'c' }],
      [
        { path: 'a', text: 'b' },
        { path: 'c', text: 'd' },
      ],
      [
        { path: 'a', text: 'd' },
        { path: 'c', text: 'b' },
      ],
    ]
    for (const [index, documents] of others.entries())
      digests.add((await store.commit(index + 2, documents, META)).digest)
    assert.equal(digests.size, others.length + 1)
  })

  check('an empty set of documents is a revision', async (_, store) => {
    await store.commit(0, [], META)
    assert.deepEqual((await store.head())?.documents, [])
  })

  check('revisions grow by one, and all can be read', async (_, store) => {
    for (const base of [0, 1, 2]) await store.commit(base, [{ path: 'a.yaml', text: `${base}` }], META)
    assert.equal((await store.head())?.number, 3)
    assert.deepEqual((await store.revision(2))?.documents, [{ path: 'a.yaml', text: '1' }])
    for (const number of [0, 4, -1, 1.5, Number.NaN]) assert.equal(await store.revision(number), null)
  })

  check('history is newest first, cut to the limit, without documents', async (_, store) => {
    for (const base of [0, 1, 2]) await store.commit(base, DOCUMENTS, { ...META, reason: `reason ${base}` })
    const history = await store.history(2)
    assert.deepEqual(
      history.map(({ number, reason }) => ({ number, reason })),
      [
        { number: 3, reason: 'reason 2' },
        { number: 2, reason: 'reason 1' },
      ],
    )
    assert.ok(history.every((entry) => !('documents' in entry)))
    assert.equal((await store.history(100)).length, 3)
    assert.deepEqual(await store.history(0), [])
  })

  for (const base of [0, 1, 3, -1]) {
    check(`a commit on ${base} is a conflict when 2 is the head, and writes nothing`, async (_, store) => {
      await store.commit(0, DOCUMENTS, META)
      const head = await store.commit(1, DOCUMENTS, META)
      await assert.rejects(store.commit(base, [], META), (error) => {
        assert.ok(error instanceof RevisionConflict)
        assert.deepEqual([error.base, error.head], [base, 2])
        return true
      })
      assert.deepEqual(await store.head(), head)
      assert.equal((await store.history(10)).length, 2)
    })
  }

  check('of many commits on one base, one is taken', async (_, store) => {
    const tries = await Promise.allSettled(
      Array.from({ length: 8 }, (_entry, index) => store.commit(0, [{ path: `${index}.yaml`, text: '' }], META)),
    )
    const taken = tries.filter((result) => result.status === 'fulfilled')
    const refused = tries.filter((result) => result.status === 'rejected')
    assert.equal(taken.length, 1)
    assert.ok(refused.every(({ reason }) => reason instanceof RevisionConflict && reason.head === 1))
    assert.deepEqual(await store.head(), taken[0]?.value)
  })

  for (const path of [
    '',
    '/etc/passwd',
    '../up.yaml',
    'a/../b.yaml',
    './a.yaml',
    'a//b.yaml',
    'a\\b.yaml',
    'a\0.yaml',
  ]) {
    check(`a document may not have the path ${JSON.stringify(path)}`, async (_, store) => {
      await assert.rejects(store.commit(0, [{ path, text: '' }], META), /path/)
      assert.equal(await store.head(), null)
    })
  }

  check('a document may not be there twice', async (_, store) => {
    const twice = { path: 'a.yaml', text: '' }
    await assert.rejects(store.commit(0, [twice, twice], META), /"a\.yaml" is there twice/)
  })

  check('what is done to the list after a commit does not reach the store', async (_, store) => {
    const documents = [{ path: 'a.yaml', text: 'before' }]
    await store.commit(0, documents, META)
    documents[0] = { path: 'a.yaml', text: 'after' }
    assert.equal((await store.head())?.documents[0]?.text, 'before')
  })

  check('only the newest revisions are kept', async (world, first) => {
    await first.close()
    const store = await world.open({ keepRevisions: 3 })
    for (const base of [0, 1, 2, 3, 4]) await store.commit(base, DOCUMENTS, META)
    assert.deepEqual(
      (await store.history(10)).map(({ number }) => number),
      [5, 4, 3],
    )
    assert.equal(await store.revision(2), null)
    assert.equal((await store.head())?.number, 5)
    await store.close()
  })
}
