import { type Asked, type AskOptions, askServer, type CookieJar } from '../dns/client/ask-server.ts'
import { composeQuery, type QueryParts } from '../dns/client/compose-query.ts'
import type { NameServer } from '../dns/name-servers.ts'
import { TYPE } from '../dns/wire/codes.ts'
import type { WireName } from '../dns/wire/name.ts'
import type { IpAddress } from '../domain/address.ts'
import type { DigClient } from './dig-clients.ts'
import { type Allowance, contentOf, type Difference, differencesBetween, toldDecision } from './dig-compare.ts'
import type { Possible, Prediction, Predictor } from './dig-predict.ts'

/** How what was answered stands to what was predicted. */
export type Verdict =
  /** The one answer that there could be. */
  | { readonly kind: 'same' }
  /** One of several that dice decide between. */
  | { readonly kind: 'oneOf'; readonly count: number }
  /** No prediction can be had of it: it hangs on names outside, or there are too many ways. */
  | { readonly kind: 'unsure'; readonly differences: readonly Difference[] }
  | { readonly kind: 'different'; readonly differences: readonly Difference[] }
  | { readonly kind: 'noAnswer'; readonly message: string }
  /** Nobody was asked. */
  | { readonly kind: 'predicted' }

/** Answers of one content. */
export interface Measured {
  readonly answer: Extract<Asked, { kind: 'answer' }>
  /** How many of them. */
  readonly count: number
  /** Index into the possible answers; null when it is none of them. */
  readonly possible: number | null
}

/** One question on behalf of one client. */
export interface DigResult {
  readonly name: WireName
  readonly type: number
  readonly client: DigClient
  readonly prediction: Prediction
  /** What came over the wire, the most frequent first. */
  readonly measured: readonly Measured[]
  /** Queries without an answer that can be read. */
  readonly failures: readonly Exclude<Asked, { kind: 'answer' }>[]
  /** Milliseconds to the answer, the median; null without one. */
  readonly milliseconds: number | null
  /** A decision that the node itself told (`dns.debug`). */
  readonly toldDecision: string | null
  readonly verdict: Verdict
}

export interface DigParts {
  readonly predictor: Predictor
  /** Whom to ask; null: nobody. */
  readonly server: NameServer | null
  readonly ask: AskOptions
  readonly cookies: CookieJar
  readonly nowMs: () => number
  /** Queries for each client and type. */
  readonly count: number
  readonly serial: Allowance['serial']
  /** Uniform unsigned 32-bit draws, for message IDs. */
  readonly dice: () => number
}

/** Questions under way at once. */
const AT_ONCE = 8

/** Whoever asks from this machine without saying from where. */
const LOOPBACK: IpAddress = { family: 4, bytes: Uint8Array.of(127, 0, 0, 1) }

export interface DigRequest {
  readonly names: readonly WireName[]
  /** None: A, AAAA, and what else each name has. */
  readonly types: readonly number[]
  readonly clients: readonly DigClient[]
  /** `whereSteered`: what is the same for everybody is asked for the first two alone. */
  readonly askFor: 'all' | 'whereSteered'
}

/** Asks for each name and type on behalf of each client, in this order, and lays what came beside what the policies say. */
export async function dig(request: DigRequest, parts: DigParts): Promise<readonly DigResult[]> {
  const jobs: Job[] = []
  for (const name of request.names) {
    for (const type of request.types.length > 0 ? request.types : await typesAt(name, parts)) {
      const isSteered = request.askFor === 'all' || (await predictAlone({ name, type }, parts)).some(hasDecision)
      const clients = isSteered ? request.clients : request.clients.slice(0, 2)
      jobs.push(...clients.map((client) => ({ name, type, client })))
    }
  }
  const replies = await askAll(jobs, parts)
  const results: DigResult[] = []
  // After the last question, because a prediction takes processor time from the answers' clocks.
  for (const [index, job] of jobs.entries()) results.push(await judgeOne(job, replies[index] as Reply, parts))
  return results
}

/** What came of one job's questions, and when. */
interface Reply {
  readonly asked: readonly Asked[]
  readonly atMs: number
}

async function askAll(jobs: readonly Job[], parts: DigParts): Promise<readonly Reply[]> {
  const replies: Reply[] = new Array(jobs.length)
  let next = 0
  const work = async (): Promise<void> => {
    for (let index = next++; index < jobs.length; index = next++) {
      replies[index] = await askOne(jobs[index] as Job, parts)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return replies
}

async function askOne(job: Job, { server, ask, cookies, count, dice, nowMs }: DigParts): Promise<Reply> {
  const asked: Asked[] = []
  for (let sent = 0; sent < count && server !== null; sent++) {
    asked.push(await askServer(server, queryOf(job, dice() & 0xffff), cookies, ask))
  }
  return { asked, atMs: nowMs() }
}

const hasDecision = ({ decisions }: Possible): boolean => decisions.length > 0

/** What a resolver on this machine would be answered, whatever the size. */
async function predictAlone(
  { name, type }: Omit<Job, 'client'>,
  { predictor, nowMs }: DigParts,
): Promise<readonly Possible[]> {
  const query = composeQuery({ id: 0, name, type, subnet: null, cookie: null })
  return (await predictor.predict(query, { address: LOOPBACK, transport: 'tcp' }, nowMs())).possible
}

type Job = Pick<DigResult, 'name' | 'type' | 'client'>

async function judgeOne(job: Job, { asked, atMs }: Reply, { predictor, ask, serial }: DigParts): Promise<DigResult> {
  const answers = asked.filter((it) => it.kind === 'answer')
  const failures = asked.filter((it) => it.kind !== 'answer')
  const peer = { address: answers[0]?.local ?? LOOPBACK, transport: answers[0]?.transport ?? ask.transport }
  const prediction = await predictor.predict(composeQuery(queryOf(job, 0)), peer, atMs)
  const allowance = { ttlSeconds: ttlAllowance(prediction), serial }
  const measured = measure(answers, prediction.possible, allowance)
  return {
    ...job,
    prediction,
    measured,
    failures,
    milliseconds: median(answers.map(({ milliseconds }) => milliseconds)),
    toldDecision: answers.length === 0 ? null : toldDecision((answers[0] as (typeof answers)[number]).response),
    verdict: judge(prediction, measured, failures, allowance),
  }
}

/** Without a cookie, as the prediction wants it: whether there is one changes no answer. */
const queryOf = ({ name, type, client }: Job, id: number): QueryParts => ({
  id,
  name,
  type,
  subnet: client.subnet,
  cookie: null,
})

/** Between two answers a clock may have gone on; where a plan ends, or a name outside expires, the TTL goes down with it. */
function ttlAllowance({ possible, outside }: Prediction): number {
  const ends = possible.some(({ decisions }) => decisions.some(({ plan }) => plan.validUntilMs !== Infinity))
  return ends || outside.length > 0 ? TTL_ALLOWANCE_SECONDS : 0
}
const TTL_ALLOWANCE_SECONDS = 2

type Answer = Extract<Asked, { kind: 'answer' }>

function measure(answers: readonly Answer[], possible: readonly Possible[], allowance: Allowance): readonly Measured[] {
  const groups = new Map<string, { answer: Answer; count: number }>()
  for (const answer of answers) {
    const key = contentOf(answer.response)
    const known = groups.get(key)
    if (known === undefined) groups.set(key, { answer, count: 1 })
    else known.count++
  }
  return [...groups.values()]
    .sort((a, b) => b.count - a.count)
    .map(({ answer, count }) => {
      const index = possible.findIndex((it) => differencesBetween(answer.response, it.response, allowance).length === 0)
      return { answer, count, possible: index < 0 ? null : index }
    })
}

function judge(
  { possible, isComplete, outside }: Prediction,
  measured: readonly Measured[],
  failures: DigResult['failures'],
  allowance: Allowance,
): Verdict {
  const [failure] = failures
  const foreign = measured.find((it) => it.possible === null)
  if (foreign !== undefined) {
    const differences = leastDifferences(foreign, possible, allowance)
    return { kind: outside.length > 0 || !isComplete ? 'unsure' : 'different', differences }
  }
  if (failure !== undefined) return { kind: 'noAnswer', message: failure.message }
  if (measured.length === 0) return { kind: 'predicted' }
  return possible.length === 1 ? { kind: 'same' } : { kind: 'oneOf', count: possible.length }
}

/** Those to the possible answer that is most like it. */
function leastDifferences(
  { answer }: Measured,
  possible: readonly Possible[],
  allowance: Allowance,
): readonly Difference[] {
  const all = possible.map((it) => differencesBetween(answer.response, it.response, allowance))
  return all.reduce((least, it) => (it.length < least.length ? it : least), all[0] ?? [])
}

function median(values: readonly number[]): number | null {
  return values.length === 0 ? null : ([...values].sort((a, b) => a - b)[values.length >> 1] ?? null)
}

/** Types that a service or a record of another type may answer for. */
const MADE_TYPES = [TYPE.HTTPS, TYPE.SVCB]

/** A and AAAA, and what else the name itself has. */
async function typesAt(name: WireName, parts: DigParts): Promise<readonly number[]> {
  const held = parts.predictor.typesHeld(name)
  const types: number[] = [TYPE.A, TYPE.AAAA]
  // Every type is answered with the CNAME of such a name.
  if (held.includes(TYPE.CNAME)) return types
  for (const type of new Set([...MADE_TYPES, ...held])) {
    if (type === TYPE.A || type === TYPE.AAAA) continue
    const possible = await predictAlone({ name, type }, parts)
    if (possible.some(({ response }) => response.answer[0]?.type === type)) types.push(type)
  }
  return types
}

/** Whether anybody answers at all. */
export async function isAnswering(
  server: NameServer,
  name: WireName,
  parts: Pick<DigParts, 'ask' | 'cookies' | 'dice'>,
): Promise<Asked> {
  const asking = { id: parts.dice() & 0xffff, name, type: TYPE.A, subnet: null }
  return askServer(server, asking, parts.cookies, parts.ask)
}
