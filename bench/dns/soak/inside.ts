/** Packets given to the complete path and to the packet path directly, without a socket. */

import { createCookieJar } from '../../../src/dns/cookies.ts'
import type { Peer } from '../../../src/dns/peer.ts'
import type { Snapshot } from '../../../src/steering/snapshot.ts'
import { isAnswerDue, MOST_OVER_UDP, mostOctetsOverUdp } from '../../../test/helpers/answer-due.ts'
import { addressOf, dnsSnapshot } from '../../../test/helpers/dns-fixture.ts'
import { namesOf } from '../../../test/helpers/dns-names.ts'
import { draws } from '../../../test/helpers/draws.ts'
import { completeFixture, fastFixture } from '../../../test/helpers/fastpath.ts'
import { steeredSnapshot } from '../../../test/helpers/fastpath-snapshots.ts'
import { createPacketMaker, PACKET_ROOM } from '../../../test/helpers/hostile-packets.ts'
import { TEST_NOW_MS } from '../../../test/helpers/snapshot.ts'
import type { Faults } from './faults.ts'

export interface InsideOutcome {
  readonly packets: number
  readonly answered: number
  /** Answered by the packet path itself, and compared with the complete path octet for octet. */
  readonly compared: number
}

const COOKIES = createCookieJar([new Uint8Array(16).fill(7)])
const MOST_OVER_TCP = 65_535
const GUARD = 0xa5
const GUARDS = 64
const CLIENTS = ['5.5.1.1', '6.6.7.9', '192.0.2.1', '10.99.3.4', '::ffff:6.6.7.1', '2400::1'].map(addressOf)
/** One in so many goes to the complete path as if it had come over TCP. */
const TCP_SHARE = 16

/** Gives so many packets more to both paths. */
export type AskInside = (packets: number) => InsideOutcome

/** Compiles what it asks once; every call goes on where the last one ended. */
export function createInside(seed: number, faults: Faults): AskInside {
  const lanes = [dnsSnapshot, steeredSnapshot].map((snapshot) => createLane(snapshot, draws(seed), faults))
  return (packets) => {
    const sum = { packets: 0, answered: 0, compared: 0 }
    for (const lane of lanes) {
      const outcome = lane(Math.ceil(packets / lanes.length))
      for (const key of ['packets', 'answered', 'compared'] as const) sum[key] += outcome[key]
    }
    return sum
  }
}

function createLane(snapshot: Snapshot, die: () => number, faults: Faults): AskInside {
  const make = createPacketMaker(namesOf(snapshot), die)
  let draw = 0
  const complete = completeFixture(
    snapshot,
    () => TEST_NOW_MS,
    () => draw,
    COOKIES,
  )
  const fast = fastFixture(snapshot, TEST_NOW_MS, [], { cookies: COOKIES })
  const packet = new Uint8Array(PACKET_ROOM)
  const memories = { udp: guardedMemory(MOST_OVER_UDP), tcp: guardedMemory(MOST_OVER_TCP) }
  return (packets) => {
    const sum = { packets, answered: 0, compared: 0 }
    for (let i = 0; i < packets; i++) {
      const length = make(packet)
      const query = packet.subarray(0, length)
      const address = CLIENTS[die() % CLIENTS.length] as (typeof CLIENTS)[number]
      const transport = i % TCP_SHARE === 0 ? 'tcp' : 'udp'
      const memory = memories[transport]
      draw = die()
      const answered = askComplete(complete, query, { address, transport }, memory, faults)
      if (answered > 0) sum.answered++
      if (transport === 'tcp') continue
      const answer = faults.guarded(query, () => fast.ask(query, address, TEST_NOW_MS, () => draw))
      if (answer === null || answer === 'punt') continue
      sum.compared++
      const octets = answer === 'silence' ? new Uint8Array(0) : answer
      if (Buffer.compare(octets, memory.subarray(0, answered)) !== 0) faults.add('the two paths differ', query, octets)
    }
    return sum
  }
}

const guardedMemory = (room: number): Uint8Array => new Uint8Array(room + GUARDS).fill(GUARD)

/** Returns the octets written. */
function askComplete(
  respond: ReturnType<typeof completeFixture>,
  query: Uint8Array,
  peer: Peer,
  memory: Uint8Array,
  faults: Faults,
): number {
  const room = memory.length - GUARDS
  const written = faults.guarded(query, () => respond(query, query.length, peer, memory.subarray(0, room)))
  if (written === null) return 0
  const answer = memory.subarray(0, written)
  const most = peer.transport === 'tcp' ? MOST_OVER_TCP : mostOctetsOverUdp(query, query.length)
  if (written > most) faults.add('an answer that is too large', query, answer)
  const isDue = isAnswerDue(query, query.length)
  if (isDue !== written > 0)
    faults.add(isDue ? 'silence where an answer is due' : 'an answer that is not due', query, answer)
  for (let at = room; at < memory.length; at++) {
    if (memory[at] !== GUARD) faults.add('written behind the end of the memory for answers', query, answer)
  }
  if (written > 0) faults.checkAnswer(query, answer)
  return written
}
