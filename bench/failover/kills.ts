import { setTimeout as delay } from 'node:timers/promises'
import type { HealthEvent } from '../../src/domain/health.ts'
import type { Backend } from './backends.ts'
import { type Node, startNode } from './node.ts'
import { FRONTS, type Front, watchFronts } from './watchers.ts'

export interface Trial {
  readonly backends: readonly Backend[]
  readonly port: number
  readonly print: (line?: string) => void
}

const REST_MS = 3500
/** After detection an answer may name the dead endpoint for so long. */
const BAR_MS = 250

interface Kill {
  readonly detectedMs: number
  /** By front end, from its death: to the first answer without it, and to the last with it. */
  readonly first: Readonly<Record<Front, number>>
  readonly last: Readonly<Record<Front, number>>
}

/** Kills the endpoint that all are sent to, again and again. */
export async function measureKills({ backends, port, kills, print }: Trial & { kills: number }): Promise<boolean> {
  if (kills === 0) return true
  await Promise.all(backends.map((backend) => backend.start()))
  const node = await startNode(backends, port, { steer: 'inOrder', slowStart: '0s' })
  const seen: Kill[] = []
  let unanswered = 0
  try {
    for (let i = 0; i < kills; i++) {
      // Deaths fall anywhere between two probes; and by turns, seldom enough not to be damped as flapping.
      await delay(REST_MS + 1000 * ((i * 0.618) % 1))
      const { kill, silent } = await killOnce(backends[i % backends.length] as Backend, node)
      seen.push(kill)
      unanswered += silent
    }
  } finally {
    await node.stop()
    await Promise.all(backends.map((backend) => backend.kill()))
  }
  return report(seen, unanswered, print)
}

async function killOnce(backend: Backend, node: Node): Promise<{ kill: Kill; silent: number }> {
  const before = (await node.events(0)).at(-1)?.number ?? 0
  const watchers = await watchFronts(node.ports, backend.id)
  const diedAtMs = await backend.kill()
  const down = await eventOf(node, before, 'down')
  await delay(2 * BAR_MS)
  await watchers.stop()
  const answers = (front: Front) => watchers.answers(front).filter(({ atMs }) => atMs >= diedAtMs)
  const by = (find: (front: Front) => number | undefined) =>
    Object.fromEntries(FRONTS.map((front) => [front, find(front) ?? Number.NaN])) as Record<Front, number>
  const names = (address: string | null) => address === backend.address
  const first = by((front) => answers(front).find(({ address }) => !names(address))?.atMs)
  const last = by((front) => answers(front).findLast(({ address }) => names(address))?.atMs ?? diedAtMs)
  const silent = FRONTS.flatMap(answers).filter(({ address }) => address === null).length
  await backend.start()
  await eventOf(node, down.number, 'up')
  await delay(BAR_MS)
  const since = (times: Record<Front, number>) =>
    Object.fromEntries(FRONTS.map((front) => [front, times[front] - diedAtMs])) as Record<Front, number>
  return { kill: { detectedMs: down.atMs - diedAtMs, first: since(first), last: since(last) }, silent }
}

async function eventOf(node: Node, after: number, to: HealthEvent['to']): Promise<HealthEvent> {
  for (let i = 0; i < 400; i++) {
    const found = (await node.events(after)).find((event) => event.to === to)
    if (found !== undefined) return found
    await delay(50)
  }
  throw new Error(`no endpoint went ${to} within 20 s`)
}

function report(kills: readonly Kill[], unanswered: number, print: Trial['print']): boolean {
  const text = (values: readonly number[]): string => {
    const sorted = [...values].sort((a, b) => a - b)
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
    return [at(0), at(0.5), at(1)].map((ms) => ms.toFixed(0)).join(' / ')
  }
  const lags = (front: Front) => kills.map(({ last, detectedMs }) => last[front] - detectedMs)
  print(`\n**${kills.length} kills of the endpoint that all clients get**: ms, least / median / most.\n`)
  print(
    '| front end | death to detection | to the first answer without it | to the last with it | last after detection |',
  )
  print('|---|---:|---:|---:|---:|')
  for (const front of FRONTS) {
    const columns = [
      kills.map(({ detectedMs }) => detectedMs),
      kills.map(({ first }) => first[front]),
      kills.map(({ last }) => last[front]),
      lags(front),
    ]
    print(`| ${front} | ${columns.map(text).join(' | ')} |`)
  }
  const worst = Math.max(...FRONTS.flatMap(lags))
  const isMet = worst <= BAR_MS && unanswered === 0
  print(
    `\n- last answer ≤ ${BAR_MS} ms after detection: ${worst.toFixed(0)} ms, ${worst <= BAR_MS ? 'met' : 'not met'}`,
  )
  print(`- questions without an answer meanwhile: ${unanswered}`)
  return isMet
}
