/**
 * The registers of one packet path: what the steps of one packet tell each other without allocating. One a thread.
 * Everything is overwritten by the next packet.
 */
export interface Work {
  /** Offsets of the query in its buffer. */
  typeAt: number
  /** Behind the question. */
  questionEnd: number
  qtype: number
  /** The name asked for, lower case, with the root's zero. */
  readonly name: Uint8Array
  nameLength: number
  labels: number
  /** Where each label starts in `name`; the root behind the last. */
  readonly starts: Uint8Array
  /** Hash of the name from each label on. */
  readonly hashes: Int32Array
  hasEdns: 0 | 1
  dnssecOk: number
  payloadSize: number
  /** Where the value of the client-subnet option starts in the query's buffer; 0 without one. */
  subnetAt: number
  subnetLength: number
  /** 0 when the option names no address. */
  sourceLength: number
  /** The address that steers, as big-endian words; IPv4 in the first. */
  readonly address: Int32Array
  family: 4 | 6
  /** How much of it is known. */
  knownLength: number
  /** Depth of the last tree look-up. */
  depth: number
  scope: number
  /** Longest TTL that may be told; −1 when the template's stand. */
  ttlCut: number
  /** What the last answer counts as. */
  counter: number
}

export const createWork = (): Work => ({
  typeAt: 0,
  questionEnd: 0,
  qtype: 0,
  name: new Uint8Array(256),
  nameLength: 0,
  labels: 0,
  starts: new Uint8Array(129),
  hashes: new Int32Array(129),
  hasEdns: 0,
  dnssecOk: 0,
  payloadSize: 0,
  subnetAt: 0,
  subnetLength: 0,
  sourceLength: 0,
  address: new Int32Array(4),
  family: 4,
  knownLength: 0,
  depth: 0,
  scope: 0,
  ttlCut: -1,
  counter: 0,
})
