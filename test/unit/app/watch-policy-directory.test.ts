import assert from 'node:assert/strict'
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readPolicyDirectory, watchPolicyDirectory } from '../../../src/app/policy-directory.ts'
import { makeDirectory } from './policy-files.ts'

const PATIENCE_MS = 10_000

/** A watch whose calls can be waited for: each `next` needs a call after the one that the last `next` took. */
async function watchDirectory(
  t: TestContext,
  directory: string,
  options: Partial<Parameters<typeof watchPolicyDirectory>[0]> = {},
) {
  let calls = 0
  let taken = 0
  let wake = (): void => {}
  const watch = watchPolicyDirectory({
    directory,
    settleMs: 5,
    onChange: () => {
      calls++
      wake()
    },
    onProblem: assert.fail,
    ...options,
  })
  t.after(() => watch.close())
  const next = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const deadline = setTimeout(() => reject(new Error(`no change was told within ${PATIENCE_MS} ms`)), PATIENCE_MS)
      wake = () => {
        if (calls <= taken) return
        taken = calls
        clearTimeout(deadline)
        resolve()
      }
      wake()
    })
  /** Waits until the directory reads so; the change may be told in several calls. */
  const until = async (expected: Readonly<Record<string, string>>): Promise<void> => {
    for (;;) {
      await next()
      const { documents } = await readPolicyDirectory(directory)
      const found = Object.fromEntries(documents.map(({ path, text }) => [path, text]))
      if (JSON.stringify(found) === JSON.stringify(expected)) return
    }
  }
  await next()
  return { watch, next, until, calls: () => calls }
}

/** Polls never: whatever is told came by an event. */
const eventsOnly: NonNullable<Parameters<typeof watchPolicyDirectory>[0]['schedule']> = (task, delayMs) => {
  if (delayMs > 1_000) return () => {}
  const timer = setTimeout(task, delayMs)
  return () => clearTimeout(timer)
}

const changeRows: [name: string, change: (directory: string) => Promise<unknown>, expected: Record<string, string>][] =
  [
    ['a file is written over', (it) => writeFile(join(it, 'a.yaml'), 'new'), { 'a.yaml': 'new', 'sub/b.yaml': 'b' }],
    [
      'a file is added',
      (it) => writeFile(join(it, 'c.yaml'), 'c'),
      { 'a.yaml': 'a', 'c.yaml': 'c', 'sub/b.yaml': 'b' },
    ],
    [
      'a file in a folder is written over',
      (it) => writeFile(join(it, 'sub/b.yaml'), 'new'),
      { 'a.yaml': 'a', 'sub/b.yaml': 'new' },
    ],
    ['a file is deleted', (it) => rm(join(it, 'a.yaml')), { 'sub/b.yaml': 'b' }],
    ['a folder is deleted', (it) => rm(join(it, 'sub'), { recursive: true }), { 'a.yaml': 'a' }],
    ['a file is renamed', (it) => rename(join(it, 'a.yaml'), join(it, 'z.yml')), { 'sub/b.yaml': 'b', 'z.yml': 'a' }],
    [
      'an editor replaces a file by another',
      async (it) => {
        await writeFile(join(it, '.a.yaml.tmp'), 'new')
        await rename(join(it, 'a.yaml'), join(it, 'a.yaml~'))
        await rename(join(it, '.a.yaml.tmp'), join(it, 'a.yaml'))
      },
      { 'a.yaml': 'new', 'sub/b.yaml': 'b' },
    ],
    [
      'a folder with files is made',
      async (it) => {
        await mkdir(join(it, 'x/y'), { recursive: true })
        await writeFile(join(it, 'x/y/z.yaml'), 'z')
      },
      { 'a.yaml': 'a', 'sub/b.yaml': 'b', 'x/y/z.yaml': 'z' },
    ],
    [
      'a folder is moved in',
      async (it) => {
        await mkdir(join(it, '.made'))
        await writeFile(join(it, '.made/m.yaml'), 'm')
        await rename(join(it, '.made'), join(it, 'made'))
      },
      { 'a.yaml': 'a', 'made/m.yaml': 'm', 'sub/b.yaml': 'b' },
    ],
  ]
for (const [name, change, expected] of changeRows) {
  test(`told by events: ${name}`, async (t) => {
    const directory = await makeDirectory(t, { 'a.yaml': 'a', 'sub/b.yaml': 'b' })
    const { until } = await watchDirectory(t, directory, { schedule: eventsOnly })
    await change(directory)
    await until(expected)
  })
}

test('told by events: files in a folder that is new, and in one deleted and made again', async (t) => {
  const directory = await makeDirectory(t, { 'a.yaml': 'a' })
  const { until } = await watchDirectory(t, directory, { schedule: eventsOnly })
  for (const text of ['first', 'second']) {
    await mkdir(join(directory, 'sub'))
    await writeFile(join(directory, 'sub/b.yaml'), 'empty')
    await until({ 'a.yaml': 'a', 'sub/b.yaml': 'empty' })
    await writeFile(join(directory, 'sub/b.yaml'), text)
    await until({ 'a.yaml': 'a', 'sub/b.yaml': text })
    await rm(join(directory, 'sub'), { recursive: true })
    await until({ 'a.yaml': 'a' })
  }
})

test('told by events: Kubernetes swaps ..data', async (t) => {
  const directory = await makeDirectory(t, { '..1/api.yaml': 'old', '..2/api.yaml': 'new' })
  await symlink('..1', join(directory, '..data'))
  await symlink('..data/api.yaml', join(directory, 'api.yaml'))
  const { until } = await watchDirectory(t, directory, { schedule: eventsOnly })
  await symlink('..2', join(directory, '..data_tmp'))
  await rename(join(directory, '..data_tmp'), join(directory, '..data'))
  await until({ 'api.yaml': 'new' })
})

/** Time that is turned by hand: quiet times never end, and looks happen when `poll` is called. */
function pollsByHand() {
  const polls = new Set<() => void>()
  return {
    schedule: (task: () => void, delayMs: number) => {
      if (delayMs > 1_000) polls.add(task)
      return () => polls.delete(task)
    },
    poll: () => {
      for (const task of [...polls]) {
        polls.delete(task)
        task()
      }
    },
    waiting: async () => {
      while (polls.size === 0) await new Promise((resolve) => setImmediate(resolve))
    },
    count: () => polls.size,
  }
}

test('without events a look finds the change, and tells nothing when there is none', async (t) => {
  const directory = await makeDirectory(t, { 'a.yaml': 'a' })
  const hand = pollsByHand()
  const { until, calls } = await watchDirectory(t, directory, { schedule: hand.schedule })
  await hand.waiting()
  hand.poll()
  await hand.waiting()
  assert.equal(calls(), 1)
  await writeFile(join(directory, 'a.yaml'), 'b')
  hand.poll()
  await until({ 'a.yaml': 'b' })
  await hand.waiting()
  assert.equal(calls(), 2)
})

test('a directory that comes later, or goes and comes back, is found', async (t) => {
  const directory = join(await makeDirectory(t), 'policies')
  const hand = pollsByHand()
  const { until } = await watchDirectory(t, directory, { schedule: hand.schedule })
  for (const text of ['first', 'second']) {
    await mkdir(directory)
    await writeFile(join(directory, 'a.yaml'), text)
    await hand.waiting()
    hand.poll()
    await until({ 'a.yaml': text })
    await rm(directory, { recursive: true })
    await hand.waiting()
    hand.poll()
    await until({})
  }
})

test('after close nothing is told, and nothing is left running', async (t) => {
  const directory = await makeDirectory(t, { 'a.yaml': 'a' })
  const hand = pollsByHand()
  const { watch, calls } = await watchDirectory(t, directory, { schedule: hand.schedule })
  await hand.waiting()
  watch.close()
  assert.equal(hand.count(), 0)
  await writeFile(join(directory, 'a.yaml'), 'b')
  await readPolicyDirectory(directory)
  assert.equal(calls(), 1)
})
