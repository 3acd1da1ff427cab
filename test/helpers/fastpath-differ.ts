import assert from 'node:assert/strict'
import type { CookieJar } from '../../src/dns/cookies.ts'
import { cookieStateOf } from '../../src/dns/cookies.ts'
import { createRateLimiter, type RateLimitSettings, VERDICT } from '../../src/dns/rate-limit.ts'
import { type AnswerRecord, createResponder, type Respond } from '../../src/dns/respond.ts'
import { formatAddress, type IpAddress } from '../../src/domain/address.ts'
import type { Snapshot } from '../../src/steering/snapshot.ts'
import { describeMessage } from './dns-message.ts'
import { draws } from './draws.ts'
import { fastFixture } from './fastpath.ts'
import { TEST_NOW_MS } from './snapshot.ts'

export interface DifferParts {
  readonly cookies?: CookieJar | null
  readonly rateLimit?: RateLimitSettings | null
}

/** What became of a query; all but `punt` is the fast path's work. */
export type Asked = 'answer' | 'silence' | 'slip' | 'drop' | 'punt'

/**
 * Asks a node with the complete path alone, and one with the fast path in front of it. They say the same to the octet,
 * limit the same answers, and count the same.
 */
export function differ(snapshot: Snapshot, { cookies = null, rateLimit = null }: DifferParts = {}) {
  const moment = { nowMs: TEST_NOW_MS, die: 0 }
  const records: AnswerRecord[] = []
  const verdicts: string[] = []
  // Two tables, and the same hashes in both.
  const [alone, behind] = [1, 2].map(() => (rateLimit === null ? null : createRateLimiter(rateLimit, draws(1))))
  const complete = (limiter: typeof alone): Respond =>
    createResponder({
      current: () => snapshot,
      nowMs: () => moment.nowMs,
      dice: () => moment.die,
      debug: [],
      nodeId: 'node-1',
      version: 'nearcast',
      cookies,
      rateLimit: limiter == null ? null : { limiter, steadyMs: () => moment.nowMs },
      findAliasAddresses: () => null,
      onAnswer: (record) => records.push(record),
      onLimited: (verdict) => verdicts.push(verdict),
      onFailure: (error) => {
        throw error
      },
    })
  const [respondAlone, respondBehind] = [complete(alone), complete(behind)]
  const fast = fastFixture(snapshot, TEST_NOW_MS, [], { cookies, limiter: behind ?? null })
  const out = new Uint8Array(1232)
  const answerOf = (respond: Respond, query: Uint8Array, client: IpAddress): Buffer =>
    Buffer.from(out.subarray(0, respond(query, query.length, { address: client, transport: 'udp' }, out)))

  return (query: Uint8Array, client: IpAddress, nowMs = TEST_NOW_MS, die = 0): Asked => {
    Object.assign(moment, { nowMs, die })
    const answered = fast.ask(query, client, nowMs, () => die)
    const punted = answered === 'punt' ? answerOf(respondBehind, query, client) : null
    records.length = 0
    verdicts.length = 0
    const expected = answerOf(respondAlone, query, client)
    const given = answered === 'silence' ? Buffer.alloc(0) : (punted ?? Buffer.from(answered as Uint8Array))
    if (!expected.equals(given)) {
      const where = `${Buffer.from(query).toString('hex')} from ${formatAddress(client)}`
      if (expected.length > 0 && given.length > 0)
        assert.deepEqual(describeMessage(given), describeMessage(expected), where)
      assert.equal(given.toString('hex'), expected.toString('hex'), where)
    }
    if (punted !== null) return 'punt'
    const verdict = ([null, 'slip', 'drop'] as const)[fast.lastVerdict()] ?? null
    assert.equal(verdict, verdicts[0] ?? null)
    if (verdict !== null) return verdict
    if (expected.length === 0) return 'silence'
    const { rcode, service, endpoint, outcome, cookie } = records[0] as AnswerRecord
    assert.deepEqual(fast.lastCounted(), { rcode, service, endpoint, outcome })
    assert.equal(cookieStateOf(fast.lastCookie()), cookie)
    assert.equal(fast.lastVerdict(), VERDICT.pass)
    return 'answer'
  }
}
