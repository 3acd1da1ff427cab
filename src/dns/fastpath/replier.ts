import type { IpAddress } from '../../domain/address.ts'
import { UDP_PAYLOAD_SIZE } from '../opt-record.ts'
import type { Respond } from '../respond.ts'
import { createBatch, queueAnswer, resetReceive, SLOT_OCTETS } from './batch.ts'
import type { HandedOver } from './messages.ts'
import { MMSGHDR, SOCKADDR, SOCKET, type Syscalls } from './syscalls.ts'

/** The complete path over a worker's socket, on the main thread. */
export interface Replier {
  /** Answers what a worker handed over. */
  answer(fd: number, message: HandedOver): void
  /** Answers one batch of what waits in the socket's queue, without waiting for more. Returns how many there were. */
  readQueue(fd: number): number
}

const BATCH_SIZE = 64

export function createReplier({ calls, respond }: { readonly calls: Syscalls; readonly respond: Respond }): Replier {
  const batch = createBatch(calls, BATCH_SIZE)
  const outOf = (slot: number): Uint8Array =>
    batch.answers.subarray(slot * SLOT_OCTETS, slot * SLOT_OCTETS + UDP_PAYLOAD_SIZE)
  // A full way out loses a datagram; the main thread does not wait for it.
  const send = (fd: number, count: number): void => {
    for (let sent = 0; sent < count; ) {
      const done = calls.sendmmsg(fd, batch.sendAt[sent] as bigint, count - sent, SOCKET.MSG_DONTWAIT)
      sent += Math.max(1, done)
    }
  }
  return {
    answer(fd, { query, address, addressLength, control, controlLength }) {
      const length = respond(query, query.length, { address: senderOf(address), transport: 'udp' }, outOf(0))
      if (length === 0) return
      batch.addresses.set(address)
      batch.control.set(control)
      batch.receiveHeaders[MMSGHDR.nameLength] = addressLength
      batch.receiveHeaders[MMSGHDR.controlLength] = controlLength
      queueAnswer(batch, 0, 0, length)
      send(fd, 1)
    },
    readQueue(fd) {
      resetReceive(batch, batch.size)
      const count = calls.recvmmsg(fd, batch.receiveAt, batch.size, SOCKET.MSG_DONTWAIT, 0)
      let answers = 0
      for (let slot = 0; slot < count; slot++) {
        const address = batch.addresses.subarray(slot * SOCKADDR.room, (slot + 1) * SOCKADDR.room)
        const query = batch.received.subarray(slot * SLOT_OCTETS, (slot + 1) * SLOT_OCTETS)
        const received = batch.receiveHeaders[slot * MMSGHDR.size + MMSGHDR.length] ?? 0
        // Port 0 cannot be answered.
        if (address[SOCKADDR.port] === 0 && address[SOCKADDR.port + 1] === 0) continue
        const length = respond(query, received, { address: senderOf(address), transport: 'udp' }, outOf(answers))
        if (length > 0) queueAnswer(batch, slot, answers++, length)
      }
      send(fd, answers)
      return Math.max(0, count)
    },
  }
}

const senderOf = (address: Uint8Array): IpAddress =>
  address[SOCKADDR.family] === SOCKET.AF_INET
    ? { family: 4, bytes: address.slice(SOCKADDR.ipv4, SOCKADDR.ipv4 + 4) }
    : { family: 6, bytes: address.slice(SOCKADDR.ipv6, SOCKADDR.ipv6 + 16) }
