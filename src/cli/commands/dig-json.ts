import type { DigResult, Measured } from '../../app/dig.ts'
import { subnetText } from '../../app/dig-clients.ts'
import { errorsOf } from '../../app/dig-compare.ts'
import type { Possible } from '../../app/dig-predict.ts'
import { explainDecisionOf, whyOf } from '../../app/dig-why.ts'
import { dataToText } from '../../dns/wire/data-text.ts'
import { nameToText } from '../../dns/wire/name.ts'
import type { Response, ResponseRecord } from '../../dns/wire/response.ts'
import { rcodeToText, typeToText } from '../../dns/wire/type-names.ts'
import { type DigView, serverText } from './dig-view.ts'

/** Everything, with names in place of numbers, for programs. */
export function digJson(view: DigView) {
  const { results, chosen, server, transport, count, notes } = view
  return {
    server: server === null ? null : serverText(server),
    transport: server === null ? null : transport,
    queriesEach: server === null ? 0 : count,
    revision: { number: chosen.revision.number, from: chosen.source, inForce: chosen.isInForce },
    notes,
    asPredicted: !results.some(({ verdict }) => verdict.kind === 'different' || verdict.kind === 'noAnswer'),
    results: results.map((result) => resultJson(result, view)),
  }
}

function resultJson(result: DigResult, view: DigView) {
  const { name, type, client, prediction, measured, failures, milliseconds, verdict } = result
  return {
    name: nameToText(name),
    type: typeToText(type),
    client: { asked: client.text, subnet: client.subnet === null ? null : subnetText(client), place: client.place },
    verdict: verdict.kind,
    differences: 'differences' in verdict ? verdict.differences : [],
    predicted: {
      possible: prediction.possible.map((possible) => possibleJson(possible, client.text, view)),
      complete: prediction.isComplete,
      namesOutside: prediction.outside,
    },
    wire: {
      answers: measured.map((it) => measuredJson(it)),
      failures: failures.map(({ kind, message }) => ({ kind, message })),
      milliseconds,
      decision: result.toldDecision,
    },
  }
}

const possibleJson = (possible: Possible, asked: string, { snapshot, nowMs }: DigView) => ({
  share: possible.share,
  endpoints: possible.endpoints,
  decisions: possible.decisions.map((decision) => ({
    service: decision.policy.service,
    outcome: decision.plan.outcome,
    ranked: decision.endpoints.map(({ id }) => id),
    id: decision.id,
    why: whyOf(explainDecisionOf(decision, snapshot, asked, nowMs), decision.slot),
  })),
  ...responseJson(possible.response),
})

const measuredJson = ({ answer, count, possible }: Measured) => ({
  count,
  possible,
  transport: answer.transport,
  ...responseJson(answer.response),
})

const responseJson = (response: Response) => ({
  rcode: rcodeToText(response.rcode),
  authoritative: response.authoritative,
  truncated: response.truncated,
  answer: response.answer.map(recordJson),
  authority: response.authority.map(recordJson),
  additional: response.additional.map(recordJson),
  scopePrefixLength: response.edns?.ecs?.scopePrefixLength ?? null,
  extendedErrors: errorsOf(response),
})

const recordJson = ({ name, type, ttlSeconds, data }: ResponseRecord) => ({
  name: nameToText(name),
  type: typeToText(type),
  ttlSeconds,
  data: dataToText(type, data),
})
