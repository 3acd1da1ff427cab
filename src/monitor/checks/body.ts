import { BODY_OCTETS, type BodyExpectation } from '../../domain/check.ts'
import { parseJsonPath, selectJson } from '../../domain/json-path.ts'
import type { HttpAnswer } from './http-request.ts'
import { createPatternJudge } from './pattern.ts'
import { shown } from './words.ts'

/** What is wrong with the body of an answer; null when it is as expected. */
export type BodyJudge = (answer: HttpAnswer) => string | null

/** What is asked of one check's bodies. */
export function createBodyJudge({ contains, matches, json }: BodyExpectation, nowMs: () => number): BodyJudge {
  const isMatch = matches === null ? null : createPatternJudge(matches, nowMs)
  const judges: BodyJudge[] = [
    ...(contains === null ? [] : [containsJudge(contains)]),
    ...(isMatch === null ? [] : [({ body }: HttpAnswer) => isMatch(body.toString('utf8'))]),
    ...(json === null ? [] : [jsonJudge(json)]),
  ]
  return (answer) =>
    encodingFault(answer) ?? judges.reduce<string | null>((fault, judge) => fault ?? judge(answer), null)
}

/** Nothing but `identity` was asked for (RFC 9110 §12.5.3). */
function encodingFault({ headers }: HttpAnswer): string | null {
  const encoding = headers['content-encoding'] ?? 'identity'
  return encoding === 'identity' ? null : `the body is encoded as ${shown(String(encoding))}, which was not asked for`
}

const containsJudge =
  (contains: string): BodyJudge =>
  (answer) =>
    answer.body.includes(contains) ? null : `the body does not contain \`${shown(contains)}\`${found(answer)}`

function jsonJudge({ path: text, equals }: NonNullable<BodyExpectation['json']>): BodyJudge {
  const path = parseJsonPath(text)
  return (answer) => {
    if (path === null) return `${text} is no JSON path`
    const parsed = parseBody(answer)
    if ('fault' in parsed) return parsed.fault
    const nodes = selectJson(path, parsed.value)
    if (nodes.length === 0) return `there is nothing at ${text}`
    if (equals === null || nodes.includes(equals)) return null
    return `there is ${shown(JSON.stringify(nodes[0]))} at ${text}, expected ${JSON.stringify(equals)}`
  }
}

/** Reads a body as JSON. */
export function parseBody({ body, bodyLength }: HttpAnswer): { readonly value: unknown } | { readonly fault: string } {
  if (bodyLength === 'cut') return { fault: `the body is longer than ${BODY_OCTETS} octets: no JSON that can be read` }
  try {
    return { value: JSON.parse(body.toString('utf8')) as unknown }
  } catch {
    return { fault: `the body is no JSON${found({ body })}` }
  }
}

/** How it begins, for whoever looks for the reason. */
const found = ({ body }: Pick<HttpAnswer, 'body'>): string =>
  body.length === 0 ? ': it is empty' : `: it begins with \`${shown(body.toString('utf8', 0, 80))}\``
