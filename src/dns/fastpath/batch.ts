import { IOVEC, MMSGHDR, PKTINFO, SOCKADDR, type Syscalls } from './syscalls.ts'

/** A query over UDP that is longer is cut by the kernel, and then malformed. Answers have 1,232 octets at most. */
export const SLOT_OCTETS = 2048

/**
 * Memory for a number of datagrams and the structs that describe them to the kernel, laid out once. It must stay
 * referenced for as long as it is used: the kernel is given addresses.
 */
export interface Batch {
  readonly size: number
  readonly received: Uint8Array
  readonly answers: Uint8Array
  /** Client addresses, `SOCKADDR.room` octets each. */
  readonly addresses: Uint8Array
  /** Control messages, `PKTINFO.room` octets each. */
  readonly control: Uint8Array
  readonly controlWords: Int32Array
  readonly receiveHeaders: Int32Array
  readonly sendHeaders: Int32Array
  /** Read by the kernel alone. */
  readonly receiveVectors: Int32Array
  readonly answerVectors: Int32Array
  readonly receiveAt: bigint
  readonly sendAt: readonly bigint[]
}

export function createBatch(calls: Syscalls, size: number): Batch {
  const received = new Uint8Array(size * SLOT_OCTETS)
  const answers = new Uint8Array(size * SLOT_OCTETS)
  const addresses = new Uint8Array(size * SOCKADDR.room)
  const control = new Uint8Array(size * PKTINFO.room)
  const receiveHeaders = new Int32Array(size * MMSGHDR.size)
  const sendHeaders = new Int32Array(size * MMSGHDR.size)
  const receiveVectors = new Int32Array(size * IOVEC.size)
  const answerVectors = new Int32Array(size * IOVEC.size)
  const at = (memory: Uint8Array | Int32Array): bigint =>
    calls.addressOf(new Uint8Array(memory.buffer, memory.byteOffset, memory.byteLength))
  const step = (base: bigint, index: number, octets: number): bigint => base + BigInt(index * octets)
  const memory = {
    received: at(received),
    answers: at(answers),
    addresses: at(addresses),
    control: at(control),
    receiveVectors: at(receiveVectors),
    answerVectors: at(answerVectors),
    sendHeaders: at(sendHeaders),
  }
  for (let i = 0; i < size; i++) {
    putAddress(receiveVectors, i * IOVEC.size + IOVEC.base, step(memory.received, i, SLOT_OCTETS))
    receiveVectors[i * IOVEC.size + IOVEC.length] = SLOT_OCTETS
    putAddress(answerVectors, i * IOVEC.size + IOVEC.base, step(memory.answers, i, SLOT_OCTETS))
    for (const [headers, vectors] of [
      [receiveHeaders, memory.receiveVectors],
      [sendHeaders, memory.answerVectors],
    ] as const) {
      const header = i * MMSGHDR.size
      putAddress(headers, header + MMSGHDR.name, step(memory.addresses, i, SOCKADDR.room))
      putAddress(headers, header + MMSGHDR.vector, step(vectors, i, IOVEC.size * 4))
      headers[header + MMSGHDR.vectorLength] = 1
      putAddress(headers, header + MMSGHDR.control, step(memory.control, i, PKTINFO.room))
    }
  }
  return {
    size,
    received,
    answers,
    addresses,
    control,
    controlWords: new Int32Array(control.buffer),
    receiveHeaders,
    sendHeaders,
    receiveVectors,
    answerVectors,
    receiveAt: at(receiveHeaders),
    sendAt: Array.from({ length: size }, (_, i) => step(memory.sendHeaders, i, MMSGHDR.size * 4)),
  }
}

function putAddress(words: Int32Array, at: number, address: bigint): void {
  words[at] = Number(BigInt.asIntN(32, address))
  words[at + 1] = Number(BigInt.asIntN(32, address >> 32n))
}

/** The first `count` slots are to be filled anew: the kernel has written the lengths that it used over those that it may use. */
export function resetReceive({ receiveHeaders }: Batch, count: number): void {
  for (let i = 0; i < count; i++) {
    const header = i * MMSGHDR.size
    receiveHeaders[header + MMSGHDR.nameLength] = SOCKADDR.room
    receiveHeaders[header + MMSGHDR.controlLength] = PKTINFO.room
  }
}

/**
 * Makes send header `to` the answer of `length` octets to the datagram in slot `from`, leaving from the address that was
 * asked: the control message that told it says so again, without the interface, so that the answer may take another way back.
 */
export function queueAnswer(batch: Batch, from: number, to: number, length: number): void {
  const { sendHeaders, receiveHeaders, controlWords, answerVectors } = batch
  const source = from * MMSGHDR.size
  const target = to * MMSGHDR.size
  const controlLength = receiveHeaders[source + MMSGHDR.controlLength]!
  if (controlLength !== 0) {
    const isV6 = batch.addresses[from * SOCKADDR.room] !== 2
    controlWords[(from * PKTINFO.room) / 4 + (isV6 ? PKTINFO.interface6 : PKTINFO.interface4)] = 0
  }
  // Headers are laid out alike: what differs between two slots is where they point.
  sendHeaders[target + MMSGHDR.name] = receiveHeaders[source + MMSGHDR.name]!
  sendHeaders[target + MMSGHDR.name + 1] = receiveHeaders[source + MMSGHDR.name + 1]!
  sendHeaders[target + MMSGHDR.nameLength] = receiveHeaders[source + MMSGHDR.nameLength]!
  sendHeaders[target + MMSGHDR.control] = receiveHeaders[source + MMSGHDR.control]!
  sendHeaders[target + MMSGHDR.control + 1] = receiveHeaders[source + MMSGHDR.control + 1]!
  sendHeaders[target + MMSGHDR.controlLength] = controlLength
  // The answer lies in the slot of its header.
  answerVectors[to * IOVEC.size + IOVEC.length] = length
}
