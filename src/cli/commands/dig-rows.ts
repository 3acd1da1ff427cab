import type { DigResult, Measured, Verdict } from '../../app/dig.ts'
import { type DigClient, subnetText } from '../../app/dig-clients.ts'
import type { Difference } from '../../app/dig-compare.ts'
import type { Possible } from '../../app/dig-predict.ts'
import { explainDecisionOf, whyOf } from '../../app/dig-why.ts'
import { formatAddress } from '../../domain/address.ts'
import type { Io } from '../io.ts'
import { percent } from '../table.ts'
import { answerText, scopeText, ttlText } from './dig-answer-text.ts'
import type { DigView } from './dig-view.ts'

/** In their order; those that are empty in all rows are left out. */
export const COLUMNS = [
  { title: 'client', align: 'l' },
  { title: 'where', align: 'l' },
  { title: 'endpoint', align: 'l' },
  { title: 'predicted', align: 'l' },
  { title: 'share', align: 'r' },
  { title: 'ttl', align: 'r' },
  { title: 'scope', align: 'r' },
  { title: 'why', align: 'l' },
  { title: 'on the wire', align: 'l' },
  { title: 'measured', align: 'r' },
  { title: 'ms', align: 'r' },
  { title: 'verdict', align: 'l' },
] as const

export type Row = { readonly [title in (typeof COLUMNS)[number]['title']]?: string }

/** More possible answers than this nobody reads; JSON has them all. */
const SHOWN = 8

/** One row for each answer that there may be, and for each that came and may not; what is of the client stands in the first. */
export function rowsOf(result: DigResult, view: DigView, io: Io): readonly Row[] {
  const { measured, prediction } = result
  const rows = prediction.possible.slice(0, SHOWN).map((possible, index): Row => {
    const onWire = measured.find((it) => it.possible === index)
    return { ...predictedCells(possible, result), ...wireCells(onWire, result, view) }
  })
  const foreign = measured
    .filter(({ possible }) => possible === null)
    .map(
      (it): Row => ({
        ...wireCells(it, result, view),
        'on the wire': io.paint('red', answerText(it.answer.response, result.type)),
      }),
    )
  const left = prediction.possible.length - SHOWN
  const more: readonly Row[] = left > 0 ? [{ endpoint: io.paint('dim', `… and ${left} more`) }] : []
  // One answer on either side stands in one row.
  const isPair = rows.length === 1 && foreign.length === 1 && measured.length === 1
  const [first, ...rest] = isPair ? [{ ...rows[0], ...foreign[0] }] : [...rows, ...more, ...foreign]
  return [{ ...first, ...clientCells(result, view, io) }, ...rest]
}

function clientCells(result: DigResult, view: DigView, io: Io): Row {
  const { client, milliseconds, prediction, verdict } = result
  const [possible] = prediction.possible
  return {
    client: clientText(client),
    where: whereText(client, possible),
    why: whyText(client, possible, view),
    ms: milliseconds === null ? '' : milliseconds.toFixed(1),
    verdict: verdictText(verdict, io),
  }
}

const predictedCells = (
  { decisions, endpoints, response, share }: Possible,
  { client, prediction, type }: DigResult,
): Row => ({
  endpoint: decisions.length === 0 ? '' : endpoints.join(' or '),
  predicted: answerText(response, type),
  share: prediction.possible.length === 1 ? '' : percent(share),
  ttl: ttlText(response),
  scope: client.subnet === null ? '' : scopeText(response),
})

function wireCells(it: Measured | undefined, { measured, type }: DigResult, { count }: DigView): Row {
  const all = measured.reduce((sum, other) => sum + other.count, 0)
  return {
    'on the wire': it === undefined ? '' : answerText(it.answer.response, type),
    measured: count === 1 || all === 0 ? '' : percent((it?.count ?? 0) / all),
  }
}

/** Of a country, the network that stands for it. */
function clientText(client: DigClient): string {
  const isRegion = /^[A-Z]{2}(?:-|$)/.test(client.text)
  if (client.subnet === null) return subnetText(client)
  return isRegion ? `${client.text} ${subnetText(client)}` : client.text
}

/** Without a client subnet the resolver's own address counts. */
function whereText({ subnet, place }: DigClient, possible: Possible | undefined): string {
  const network = possible?.decisions[0]?.client.network ?? null
  return subnet !== null || network === null ? place : `the resolver, ${formatAddress(network.address)}`
}

function whyText(client: DigClient, possible: Possible | undefined, { snapshot, nowMs }: DigView): string {
  const decision = possible?.decisions[0]
  if (decision === undefined) return ''
  return whyOf(explainDecisionOf(decision, snapshot, client.text, nowMs), decision.slot).join('; ')
}

function verdictText(verdict: Verdict, io: Io): string {
  switch (verdict.kind) {
    case 'same':
      return io.paint('green', 'same')
    case 'oneOf':
      return io.paint('green', `one of ${verdict.count}`)
    case 'unsure':
      return io.paint('yellow', `unsure: ${verdict.differences.map(differenceText).join('; ')}`)
    case 'different':
      return io.paint('red', `DIFFERENT: ${verdict.differences.map(differenceText).join('; ')}`)
    case 'noAnswer':
      return io.paint('red', `NO ANSWER: ${verdict.message}`)
    case 'predicted':
      return ''
  }
}

/** Longer texts stand in JSON; of answers the table has both sides anyhow. */
const SHORT = 24

function differenceText({ part, found, expected }: Difference): string {
  if (part === 'answer' || found.length > SHORT || expected.length > SHORT) return part
  return `${part} ${found || 'none'} instead of ${expected || 'none'}`
}
