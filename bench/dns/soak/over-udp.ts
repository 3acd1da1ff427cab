/** Packets sent to a running node over UDP, many at once, through recvmmsg and sendmmsg. */

import { createBatch, SLOT_OCTETS } from '../../../src/dns/fastpath/batch.ts'
import { openSockets } from '../../../src/dns/fastpath/sockets.ts'
import { MMSGHDR, SOCKADDR, SOCKET, type Syscalls } from '../../../src/dns/fastpath/syscalls.ts'
import { isAnswerDue, mostOctetsOverUdp } from '../../../test/helpers/answer-due.ts'
import { addressOf } from '../../../test/helpers/dns-fixture.ts'
import type { PacketMaker } from '../../../test/helpers/hostile-packets.ts'
import type { Faults } from './faults.ts'

export interface UdpOutcome {
  readonly packets: number
  readonly answered: number
}

/** Far below what a socket's buffer holds, and below what a worker may hand over: nothing is lost on the way. */
const WINDOW = 192
const BATCH = 64
/** The receive time-out of these sockets is 100 ms. After so many in a row without an answer those still due are silences. */
const EMPTY_RECEIVES = 50
const IDS = 0x1_0000
const FREE = 0
const SILENT = -1

/** Sends so many packets and takes the answers. */
export function soakUdp(calls: Syscalls, port: number, packets: number, make: PacketMaker, faults: Faults): UdpOutcome {
  const [fd] = openSockets(calls, addressOf('127.0.0.1'), 0, 1) as [number]
  const outgoing = createBatch(calls, BATCH)
  const incoming = createBatch(calls, BATCH)
  for (let slot = 0; slot < BATCH; slot++) {
    outgoing.addresses.set([SOCKET.AF_INET, 0, port >> 8, port & 0xff, 127, 0, 0, 1], slot * SOCKADDR.room)
    outgoing.sendHeaders[slot * MMSGHDR.size + MMSGHDR.nameLength] = SOCKADDR.size4
  }
  /** By ID: FREE, SILENT, or the length of the packet that waits for an answer; the packet beside it. */
  const waiting = new Int32Array(IDS)
  const kept = new Uint8Array(IDS * SLOT_OCTETS)
  const tally = { packets: 0, answered: 0, outstanding: 0 }
  let id = 0

  const send = (): void => {
    const count = Math.min(BATCH, WINDOW - tally.outstanding, packets - tally.packets)
    for (let slot = 0; slot < count; slot++) {
      const packet = outgoing.answers.subarray(slot * SLOT_OCTETS, (slot + 1) * SLOT_OCTETS)
      const length = make(packet)
      id = (id + 1) % IDS
      while ((waiting[id] as number) > 0) id = (id + 1) % IDS
      packet[0] = id >> 8
      packet[1] = id
      const isDue = isAnswerDue(packet, length)
      waiting[id] = isDue ? length : SILENT
      if (isDue) tally.outstanding++
      kept.set(packet.subarray(0, length), id * SLOT_OCTETS)
      outgoing.answerVectors[slot * 4 + 2] = length
    }
    for (let sent = 0; sent < count; )
      sent += Math.max(0, calls.sendmmsg(fd, outgoing.sendAt[sent] as bigint, count - sent, 0))
    tally.packets += count
  }

  /** Returns how many answers came. */
  const receive = (flags: number): number => {
    for (let slot = 0; slot < BATCH; slot++)
      incoming.receiveHeaders[slot * MMSGHDR.size + MMSGHDR.nameLength] = SOCKADDR.room
    const count = calls.recvmmsg(fd, incoming.receiveAt, BATCH, flags, 0)
    for (let slot = 0; slot < count; slot++) {
      const from = slot * SLOT_OCTETS
      take(
        incoming.received.subarray(
          from,
          from + (incoming.receiveHeaders[slot * MMSGHDR.size + MMSGHDR.length] as number),
        ),
      )
    }
    return Math.max(0, count)
  }

  const take = (answer: Uint8Array): void => {
    const answered = ((answer[0] as number) << 8) | (answer[1] as number)
    const length = waiting[answered] as number
    const packet = kept.subarray(answered * SLOT_OCTETS, answered * SLOT_OCTETS + Math.max(0, length))
    if (length <= 0) {
      faults.add('an answer that is not due', packet, answer)
      return
    }
    waiting[answered] = FREE
    tally.outstanding--
    tally.answered++
    const most = mostOctetsOverUdp(packet, length)
    if (answer.length > most) faults.add('an answer that is too large', packet, answer)
    faults.checkAnswer(packet, answer)
  }

  try {
    let givenUp = 0
    for (let empty = 0; tally.packets < packets || tally.outstanding > 0; ) {
      if (tally.packets < packets && tally.outstanding < WINDOW) send()
      const isFull = tally.outstanding >= WINDOW || tally.packets >= packets
      const came = receive(isFull ? SOCKET.MSG_WAITFORONE : SOCKET.MSG_DONTWAIT)
      empty = came > 0 || !isFull ? 0 : empty + 1
      if (came > 0) givenUp = 0
      if (empty >= EMPTY_RECEIVES) {
        giveUp()
        empty = 0
        // It answers nothing any more.
        if (++givenUp === 3) break
      }
    }
    return { packets: tally.packets, answered: tally.answered }
  } finally {
    calls.close(fd)
  }

  function giveUp(): void {
    for (let at = 0; at < IDS; at++) {
      if ((waiting[at] as number) <= 0) continue
      const packet = kept.slice(at * SLOT_OCTETS, at * SLOT_OCTETS + (waiting[at] as number))
      faults.add('silence where an answer is due', packet)
      waiting[at] = FREE
    }
    tally.outstanding = 0
  }
}
