import { setTimeout as delay } from 'node:timers/promises'
import type { Trial } from './kills.ts'
import { startNode } from './node.ts'
import { FRONTS, watchFronts } from './watchers.ts'

const LOSS = 0.05

/** Every endpoint loses one connection in twenty: nobody is down, and nobody may be taken to be. */
export async function measureLoss({ backends, port, minutes, print }: Trial & { minutes: number }): Promise<boolean> {
  if (minutes === 0) return true
  await Promise.all(backends.map((backend) => backend.start(LOSS)))
  const node = await startNode(backends, port, { steer: 'inOrder', slowStart: '0s' })
  const watchers = await watchFronts(node.ports, backends[0]?.id ?? '')
  let asked = 0
  let wrong = 0
  let downs = 0
  try {
    for (let minute = 0; minute < minutes; minute++) {
      await delay(60_000 * Math.min(1, minutes - minute))
      const answers = FRONTS.flatMap((front) => watchers.answers(front))
      watchers.forget()
      asked += answers.length
      wrong += answers.filter(({ address }) => address !== backends[0]?.address).length
    }
    downs = (await node.events(0)).filter(({ to }) => to === 'down').length
  } finally {
    await watchers.stop()
    await node.stop()
    await Promise.all(backends.map((backend) => backend.kill()))
  }
  print(
    `\n**${minutes} minutes in which every endpoint resets, or leaves hanging, ${LOSS * 100}% of all connections**, none of them dead.\n`,
  )
  print(`- endpoints taken to be down: ${downs}`)
  print(`- answers: ${asked}, of them with another endpoint than the first, or none: ${wrong}`)
  return downs === 0 && wrong === 0
}
