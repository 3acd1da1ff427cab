import { setTimeout as delay } from 'node:timers/promises'
import type { Backend } from './backends.ts'
import type { Trial } from './kills.ts'
import { startNode } from './node.ts'
import { watchFronts } from './watchers.ts'

/** Shares are rounded to sixteenths, and measured from a second's answers. */
const TOLERANCE = 0.12

/** How an endpoint takes its clients back: its share of the answers, second by second. */
export async function measureReturn({ backends, port, seconds, print }: Trial & { seconds: number }): Promise<boolean> {
  if (seconds === 0) return true
  await Promise.all(backends.map((backend) => backend.start()))
  const node = await startNode(backends, port, { steer: 'equally', slowStart: `${seconds}s` })
  const backend = backends[0] as Backend
  const watchers = await watchFronts(node.ports, backend.id)
  const rows: { readonly second: number; readonly share: number; readonly wanted: number }[] = []
  try {
    await backend.kill()
    await delay(5000)
    await backend.start()
    const up = await untilUp(node)
    for (let second = 0.5; second < seconds + 3; second++) {
      const fromMs = up.atMs + (second - 0.5) * 1000
      await delay(Math.max(0, fromMs + 1000 - Date.now()))
      const answers = watchers.answers('dns').filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + 1000)
      const share = answers.filter(({ address }) => address === backend.address).length / Math.max(1, answers.length)
      rows.push({ second, share, wanted: Math.min(1, second / seconds) / backends.length })
    }
  } finally {
    await watchers.stop()
    await node.stop()
    await Promise.all(backends.map((it) => it.kill()))
  }
  print(
    `\n**An endpoint returns, slow start ${seconds} s**, its fair share 1/${backends.length}; DNS answers, second by second.\n`,
  )
  print('| second | share | as configured |')
  print('|---:|---:|---:|')
  for (const { second, share, wanted } of rows) print(`| ${second} | ${percent(share)} | ${percent(wanted)} |`)
  const worst = Math.max(...rows.map(({ share, wanted }) => Math.abs(share - wanted)))
  print(
    `\n- farthest from what is configured: ${percent(worst)} of all answers, ${worst <= TOLERANCE ? 'met' : 'not met'}`,
  )
  return worst <= TOLERANCE
}

async function untilUp(node: Awaited<ReturnType<typeof startNode>>): Promise<{ readonly atMs: number }> {
  for (let i = 0; i < 400; i++) {
    const events = await node.events(0)
    const down = events.findLast(({ to }) => to === 'down')
    const up = events.findLast(({ to }) => to === 'up')
    if (down !== undefined && up !== undefined && up.number > down.number) return up
    await delay(50)
  }
  throw new Error('the endpoint was not up again within 20 s')
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`
