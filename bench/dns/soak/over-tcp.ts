/** Packets sent to a running node over TCP: whole frames in pieces, many on a connection, and broken ends. */

import { connect } from 'node:net'
import { isAnswerDue } from '../../../test/helpers/answer-due.ts'
import { frame } from '../../../test/helpers/dns-client.ts'
import { PACKET_ROOM, type PacketMaker } from '../../../test/helpers/hostile-packets.ts'
import type { Faults } from './faults.ts'

export interface TcpOutcome {
  readonly packets: number
  readonly answered: number
}

const CONNECTIONS_AT_ONCE = 8
const FRAMES = 100
const WITHIN_MS = 30_000

/** How a connection ends: by us, or by something after which the server has to end it. */
const ENDINGS = ['end', 'end', 'end', 'halfFrame', 'emptyFrame', 'notDue', 'reset'] as const

/** Asks until `packets` are sent. */
export async function soakTcp(
  port: number,
  packets: number,
  make: PacketMaker,
  die: () => number,
  faults: Faults,
): Promise<TcpOutcome> {
  const tally = { packets: 0, answered: 0 }
  const lane = async (): Promise<void> => {
    while (tally.packets < packets) {
      const queries = Array.from({ length: 1 + (die() % FRAMES) }, (_, index) => drawQuery(make, index))
      tally.packets += queries.length
      const answered = await converse(port, queries, die, faults)
      tally.answered += answered
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS_AT_ONCE }, lane))
  return tally
}

/** One that has to be answered, with an ID of its own. */
function drawQuery(make: PacketMaker, id: number): Uint8Array {
  const packet = new Uint8Array(PACKET_ROOM)
  for (;;) {
    const length = make(packet)
    if (!isAnswerDue(packet, length)) continue
    packet.set([id >> 8, id & 0xff])
    return packet.slice(0, length)
  }
}

/** Returns how many answers came. */
async function converse(
  port: number,
  queries: readonly Uint8Array[],
  die: () => number,
  faults: Faults,
): Promise<number> {
  const ending = ENDINGS[die() % ENDINGS.length] as (typeof ENDINGS)[number]
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  // A reset is one of the ways in which a server ends a connection.
  socket.on('error', () => {})
  const { promise: closed, resolve } = Promise.withResolvers<'closed' | 'late'>()
  socket.on('close', () => resolve('closed'))
  const timer = setTimeout(() => resolve('late'), WITHIN_MS)
  const stream = Buffer.concat([...queries.map(frame), tailOf(ending)])
  for (let at = 0; at < stream.length; ) {
    const end = at + 1 + (die() % 3000)
    if (!socket.write(stream.subarray(at, end)))
      await new Promise((next) => socket.once('drain', next).once('close', next))
    at = end
  }
  if (ending === 'reset') socket.resetAndDestroy()
  else if (ending === 'end' || ending === 'halfFrame') socket.end()
  if ((await closed) === 'late') faults.add(`a connection that is not closed (${ending})`, stream)
  clearTimeout(timer)
  socket.destroy()
  return ending === 'reset' ? 0 : judge(queries, Buffer.concat(chunks), faults)
}

function tailOf(ending: (typeof ENDINGS)[number]): Buffer {
  switch (ending) {
    case 'end':
    case 'reset':
      return Buffer.alloc(0)
    case 'halfFrame':
      return Buffer.from([0xff, 0xff, 1, 2, 3])
    case 'emptyFrame':
      return Buffer.from([0, 0])
    case 'notDue':
      return frame(Buffer.from([0, 1, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0]))
  }
}

/** Every query has exactly one answer. */
function judge(queries: readonly Uint8Array[], received: Buffer, faults: Faults): number {
  const missing = new Map(queries.map((query, id) => [id, query]))
  let at = 0
  while (at + 2 <= received.length) {
    const end = at + 2 + received.readUInt16BE(at)
    const answer = received.subarray(at + 2, end)
    const id = answer.length < 2 ? -1 : answer.readUInt16BE(0)
    const query = missing.get(id)
    if (query === undefined || end > received.length)
      faults.add('an answer to nothing, or half of one', queries[0] ?? received, answer)
    else faults.checkAnswer(query, answer)
    missing.delete(id)
    at = end
  }
  for (const query of missing.values()) faults.add('silence over TCP where an answer is due', query)
  return queries.length - missing.size
}
