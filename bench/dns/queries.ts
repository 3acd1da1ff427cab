/** The queries that the generator replays, the same in every run. */

import { NAME } from './zone.ts'

export const QUERY_COUNT = 100_000
const SEED = 20_260_101
const IPV6_IN = 10

export const MIXES = ['ecs', 'no-ecs'] as const
export type Mix = (typeof MIXES)[number]

const TYPES = [1, 28] as const
/** Where regional registries allocate; a random address of 2000::/3 is mostly nobody's. */
const IPV6_BLOCKS = [0x2400, 0x2600, 0x2800, 0x2a00, 0x2c00] as const

/** Uniform 32-bit numbers (xorshift32). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

const QUESTION_NAME = Buffer.concat([
  ...NAME.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
  Buffer.from([0]),
])

/** One query with EDNS: 1232 octets, DO, and these octets of options. */
function composeQuery(type: number, options: Buffer): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1])
  const question = Buffer.from([0, type, 0, 1])
  const opt = Buffer.from([0, 0, 41, 1232 >> 8, 1232 & 255, 0, 0, 0x80, 0, 0, options.length])
  return Buffer.concat([header, QUESTION_NAME, question, opt, options])
}

/** RFC 7871, section 6: code, length, family, source prefix length, scope prefix length, address. */
function clientSubnet(network: Buffer): Buffer {
  const [family, prefixLength] = network.length === 3 ? [1, 24] : [2, 56]
  return Buffer.concat([Buffer.from([0, 8, 0, network.length + 4, 0, family!, prefixLength!, 0]), network])
}

function isUnicast(first: number, second: number): boolean {
  if (first === 0 || first === 10 || first === 127 || first > 223) return false
  if (first === 100) return second < 64 || second > 127
  if (first === 169) return second !== 254
  if (first === 172) return second < 16 || second > 31
  return first !== 192 || second !== 168
}

/** A /24 that could be somebody's; one in ten is a /56 of IPv6. */
function drawNetwork(random: () => number): Buffer {
  for (;;) {
    const bits = random()
    if (random() % IPV6_IN === 0) {
      const block = IPV6_BLOCKS[bits % IPV6_BLOCKS.length]!
      const network = Buffer.alloc(7)
      // The first /20 of each block, where most of what is announced is; then any network.
      network.writeUInt16BE(block, 0)
      network.writeUInt32BE(random(), 2)
      network[2] = network[2]! & 0x0f
      network[6] = random() & 255
      return network
    }
    const network = Buffer.from([bits >>> 24, (bits >>> 16) & 255, (bits >>> 8) & 255])
    if (isUnicast(network[0]!, network[1]!)) return network
  }
}

function record(source: Buffer, message: Buffer): Buffer {
  const head = Buffer.alloc(2)
  head.writeUInt16LE(message.length)
  return Buffer.concat([head, source, message])
}

/** Every query has a client subnet of its own; all come from 127.0.0.1. */
function queriesWithEcs(random: () => number): Buffer[] {
  const seen = new Set<string>()
  const records: Buffer[] = []
  while (records.length < QUERY_COUNT) {
    const network = drawNetwork(random)
    const key = network.toString('hex')
    if (seen.has(key)) continue
    seen.add(key)
    records.push(record(Buffer.alloc(4), composeQuery(TYPES[records.length % 2]!, clientSubnet(network))))
  }
  return records
}

/** No client subnet; each comes from an address of 127.0.0.0/8 drawn for it. */
function queriesWithoutEcs(random: () => number): Buffer[] {
  return Array.from({ length: QUERY_COUNT }, (_, index) => {
    const bits = random()
    const source = Buffer.from([127, 1 + ((bits >>> 16) % 254), (bits >>> 8) & 255, 1 + ((bits & 255) % 254)])
    return record(source, composeQuery(TYPES[index % 2]!, Buffer.alloc(0)))
  })
}

/** The generator's file of queries (generator.c says how it is laid out). */
export function composeQueries(mix: Mix): Buffer {
  const random = createRandom(SEED)
  return Buffer.concat(mix === 'ecs' ? queriesWithEcs(random) : queriesWithoutEcs(random))
}
