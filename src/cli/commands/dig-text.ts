import type { DigResult, Verdict } from '../../app/dig.ts'
import { subnetText } from '../../app/dig-clients.ts'
import { explainDecisionOf } from '../../app/dig-why.ts'
import { RCODE } from '../../dns/wire/codes.ts'
import { nameToText } from '../../dns/wire/name.ts'
import { typeToText } from '../../dns/wire/type-names.ts'
import type { Io } from '../io.ts'
import { formatTable } from '../table.ts'
import { COLUMNS, rowsOf } from './dig-rows.ts'
import { type DigView, serverText } from './dig-view.ts'
import { explanationText } from './explain-text.ts'

/** A table for each name and type, a row for each client; where dice decide, one for each answer. */
export function digText(view: DigView, depth: 'in short' | 'all steps', io: Io): string {
  const blocks = [headText(view, io)]
  const groups = Map.groupBy(view.results, ({ name, type }) => `${type} ${name}`)
  for (const group of groups.values()) blocks.push(groupText(group, view, io))
  if (depth === 'all steps') blocks.push(...stepsTexts(view, io))
  blocks.push(summaryText(view, io))
  return blocks.join('\n\n')
}

function headText({ chosen, server, transport, notes }: DigView, io: Io): string {
  const asked = server === null ? 'nobody was asked' : `asked ${serverText(server)} over ${transport.toUpperCase()}`
  return [
    io.paint('dim', `predicted from ${chosen.source}; ${asked}`),
    ...notes.map((it) => io.paint('yellow', it)),
  ].join('\n')
}

function groupText(group: readonly DigResult[], view: DigView, io: Io): string {
  const [first] = group as readonly [DigResult]
  const name = `${nameToText(first.name) || '.'} ${typeToText(first.type)}`
  const rows = group.flatMap((result) => rowsOf(result, view, io))
  const used = COLUMNS.filter(({ title }) => rows.some((row) => (row[title] ?? '') !== ''))
  const table = formatTable(
    used.map(({ title }) => title),
    rows.map((row) => used.map(({ title }) => row[title] ?? '')),
    used.map(({ align }) => align).join(''),
  )
  return `${io.paint('bold', name)}  ${io.paint('dim', whoAnswers(group))}\n${table}`
}

function whoAnswers(group: readonly DigResult[]): string {
  const possible = group.flatMap(({ prediction }) => prediction.possible)
  const services = new Set(possible.flatMap(({ decisions }) => decisions.map(({ policy }) => policy.service)))
  if (services.size > 0) return `service ${[...services].join(', ')}`
  const isRefused = possible.every(({ response }) => response.rcode === RCODE.REFUSED)
  return isRefused ? 'in no zone of ours, or a question that is not taken' : 'zone data, the same for everybody'
}

/** What `explain` says, once for each client and service. */
function stepsTexts({ results, snapshot, nowMs }: DigView, io: Io): readonly string[] {
  const seen = new Set<string>()
  return results.flatMap(({ client, prediction }) =>
    (prediction.possible[0]?.decisions ?? []).flatMap((decision) => {
      const key = JSON.stringify([decision.policy.service, client.text, subnetText(client)])
      if (seen.has(key)) return []
      seen.add(key)
      const explanation = explainDecisionOf(decision, snapshot, client.text, nowMs)
      const notes = client.subnet === null ? ['no client subnet: the resolver is the client'] : []
      return [`${explanationText({ of: 'client', explanation, split: null, notes }, io)}\n  decision ${decision.id}`]
    }),
  )
}

function summaryText({ results, server }: DigView, io: Io): string {
  const count = (...kinds: readonly Verdict['kind'][]): number =>
    results.filter(({ verdict }) => kinds.includes(verdict.kind)).length
  if (server === null) return io.paint('dim', `${results.length} predicted, nobody asked`)
  const parts = [
    `${count('same', 'oneOf')} of ${results.length} as predicted`,
    ...(count('unsure') > 0 ? [`${count('unsure')} unsure`] : []),
    ...(count('different') > 0 ? [`${count('different')} different`] : []),
    ...(count('noAnswer') > 0 ? [`${count('noAnswer')} without an answer`] : []),
  ]
  return io.paint(count('different', 'noAnswer') > 0 ? 'red' : 'green', parts.join(', '))
}
