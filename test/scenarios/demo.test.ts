import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { makeFolders } from '../helpers/node.ts'

const DEMO = fileURLToPath(new URL('../../scripts/demo/main.ts', import.meta.url))

/** Each chapter's last table: shares in per cent and healths, by endpoint. */
function chaptersOf(out: string) {
  return out
    .split(/^ *2 s {2}/m)
    .slice(1)
    .map((text) => {
      const rows = [...text.matchAll(/^(\w+) +(\d+)% +[█·]+ +(\w+)/gm)]
      return {
        title: text.slice(0, text.indexOf('\n')),
        shares: rows.map(([, , share]) => Number(share)),
        healths: new Map(rows.map(([, endpoint = '', , health]) => [endpoint, health])),
      }
    })
}

test('npm run demo tells its story to the end', async (t) => {
  const { state } = await makeFolders(t, {})
  const env = { ...process.env, NO_COLOR: '1' }
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [DEMO, '--seconds', '2', '--plain', '--state', state],
    { env },
  )
  const chapters = chaptersOf(stdout)
  assert.deepEqual(
    chapters.map(({ title }) => title.split(/[ :;]/)[0]),
    ['All', 'Frankfurt', 'Frankfurt', 'Tokyo', 'Tokyo', 'And'],
    stdout,
  )
  for (const { title, shares, healths } of chapters) {
    assert.deepEqual([...healths.keys()], ['frankfurt', 'virginia', 'saopaulo', 'tokyo'])
    const sum = shares.reduce((total, share) => total + share, 0)
    assert.ok(Math.abs(sum - 100) <= 2, `${title}: ${sum}%`)
  }
  assert.deepEqual([...new Set(chapters[0]?.healths.values())], ['up'])
})
