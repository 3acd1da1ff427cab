/** Collects what a responder did wrong, with the packets that show it. */
export interface Faults {
  /** With the packet that shows it, if one does. */
  add(what: string, packet?: Uint8Array, answer?: Uint8Array): void
  /** Runs it; an exception is a fault, and null. */
  guarded<T>(packet: Uint8Array, run: () => T): T | null
  /** What holds for every answer to every packet. */
  checkAnswer(packet: Uint8Array, answer: Uint8Array): void
  count(): number
  /** Each kind with its number and the first packet, for the reader. */
  describe(): readonly string[]
}

const HEADER = 12
const SERVFAIL = 2

export function createFaults(): Faults {
  const kinds = new Map<string, { count: number; readonly packet: string; readonly answer: string }>()
  const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')
  const add: Faults['add'] = (what, packet = new Uint8Array(0), answer = new Uint8Array(0)) => {
    const known = kinds.get(what)
    if (known === undefined) kinds.set(what, { count: 1, packet: hex(packet), answer: hex(answer) })
    else known.count++
  }
  return {
    add,
    guarded(packet, run) {
      try {
        return run()
      } catch (error) {
        add(`an exception: ${error instanceof Error ? error.message : String(error)}`, packet)
        return null
      }
    },
    checkAnswer(packet, answer) {
      if (answer.length < HEADER) {
        add('an answer shorter than a header', packet, answer)
        return
      }
      if (answer[0] !== packet[0] || answer[1] !== packet[1]) add('another ID', packet, answer)
      const [sent, got, low] = [packet[2] as number, answer[2] as number, answer[3] as number]
      if ((got & 0x80) === 0) add('QR is not set', packet, answer)
      if (((sent ^ got) & 0x79) !== 0) add('another opcode or RD', packet, answer)
      // RFC 1035 §4.1.1: we offer no recursion; Z is zero; nothing is signed (RFC 4035 §3.1.6).
      if ((low & 0xf0) !== 0) add('RA, Z, AD or CD is set', packet, answer)
      // ALIAS targets of others are not known here; a SERVFAIL without its question is a failure of ours.
      if ((low & 0x0f) === SERVFAIL && answer[5] === 0) add('a failure inside', packet, answer)
    },
    count: () => [...kinds.values()].reduce((sum, { count }) => sum + count, 0),
    describe: () =>
      [...kinds].map(
        ([what, { count, packet, answer }]) => `${count} × ${what}\n    packet ${packet}\n    answer ${answer}`,
      ),
  }
}
