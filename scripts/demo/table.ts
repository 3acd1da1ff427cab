import { styleText } from 'node:util'
import type { EndpointHealth } from '../../src/domain/health.ts'
import { CAPACITY, SITES } from './sites.ts'

const BAR_WIDTH = 30

export interface Row {
  readonly share: number
  readonly health: EndpointHealth | undefined
}

/** Shares of the newest answers, with what the checks say. */
export function tableText(chapter: string, second: number, rows: ReadonlyMap<string, Row>): string {
  const lines = SITES.map(({ id, address }) => {
    const { share = 0, health } = rows.get(address) ?? {}
    const load = health?.load.find(({ metric }) => metric === 'load')?.value ?? 0
    const bar = '█'.repeat(Math.round(share * BAR_WIDTH)).padEnd(BAR_WIDTH, '·')
    const state = health?.health ?? 'unknown'
    const detail = health?.targets[0]?.last[0]?.detail ?? ''
    return [
      id.padEnd(10),
      `${(100 * share).toFixed(0)}%`.padStart(4),
      bar,
      styleText(COLOURS[state], state.padEnd(9)),
      `${((100 * load) / CAPACITY).toFixed(0)}%`.padStart(5),
      detail.slice(0, 48),
    ].join('  ')
  })
  const head = `${'endpoint'.padEnd(10)}  ${'share of the answers'.padEnd(36)}  ${'health'.padEnd(9)}   load  last probe`
  return [styleText('bold', `${String(second).padStart(3)} s  ${chapter}`), head, ...lines].join('\n')
}

const COLOURS = { up: 'green', degraded: 'yellow', down: 'red', unknown: 'gray' } as const
