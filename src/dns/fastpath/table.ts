/**
 * The layout of a fast table: what the compiler writes and the packet path reads. See README.md for the byte map. Offsets
 * are in elements of the view that they belong to; records are runs of 32-bit words, their fields numbered below.
 */

import type { Outcome } from '../../domain/plan.ts'

/** Words at the start of the main buffer. */
export const HEADER = {
  /** Name records by hash: open addressing, record numbers, −1 is empty. */
  hashAt: 0,
  hashMask: 1,
  namesAt: 2,
  templatesAt: 3,
  /** Template for a name outside all zones. */
  refused: 4,
  /** In 16-bit units from the start of the buffer. */
  slotsAt: 5,
  /** In octets from the start of the buffer. */
  octetsAt: 6,
  /** In 64-bit units from the start of the buffer. */
  timesAt: 7,
  /** How many times there are. */
  times: 8,
  size: 16,
} as const

/** A name that exists, or (a ghost) one that does not but that answers below its parent must not be used for. */
export const NAME = {
  hash: 0,
  /** Lower-case wire form in the octets. */
  at: 1,
  length: 2,
  /** Entries of the types that this name answers by itself. */
  typesAt: 3,
  typeCount: 4,
  /** Template for every other type; PUNT hands over. */
  other: 5,
  /** Record of the wildcard that stands for names right below that do not exist, or −1. */
  wildcard: 6,
  /** Template for names below that do not exist, when there is no wildcard. */
  below: 7,
  /** What the zone around it is rate-limited as. */
  zone: 8,
  size: 9,
} as const

/** One type at a name. */
export const ENTRY = { type: 0, template: 1, steer: 2, size: 3 } as const
/** Stands for every type that a name says nothing about. It has no room on the wire: a zone may have records of every type that has (RFC 3597). */
export const OTHER_TYPE = 65_536
/** With a PROBLEM added, in the table of class CH: what is said to a query that has it. */
export const PROBLEM_TYPE = OTHER_TYPE + 1

/** What steers a name for one type. */
export const STEER = {
  service: 0,
  /** Whose client subnets are believed: ECS, or the number of a tree of networks. */
  ecs: 1,
  /** Template numbers by answer. */
  answersAt: 2,
  size: 3,
} as const

/** Everybody's, nobody's. */
export const ECS = { always: -1, never: -2 } as const

export const SERVICE = { tree: 0, plansAt: 1, canarySeed: 2, spreadSeed: 3, size: 4 } as const

export const PLAN = {
  root: 0,
  flags: 1,
  ttlSeconds: 2,
  /** Number of the time until which it holds, or −1. */
  validUntil: 3,
  /** Answer numbers by list. */
  listsAt: 4,
  size: 5,
} as const
/** The draw is a die; the draw, or a branch, depends on the network. */
export const PLAN_FLAG = { dice: 1, byNetwork: 2 } as const

/** A node of a plan: `kind`, then for slots `at` and `count`, for a fork the axis, edges and children. */
export const BRANCH = { kind: 0, slotsAt: 1, slotCount: 2, axis: 1, axisHash: 2, count: 3, edgesAt: 4 } as const
export const BRANCH_KIND = { slots: 0, fork: 1 } as const
export const AXIS = { canary: 0, spread: 1 } as const

/** Everything of an answer behind its question. */
export const TEMPLATE = {
  at: 0,
  length: 1,
  answers: 2,
  authorities: 3,
  additionals: 4,
  /** Header octets 2 and 3, without QR and RD. */
  flags: 5,
  rcode: 6,
  /** INFO-CODE of an Extended DNS Error, or −1. */
  error: 7,
  /** Offsets of compression pointers that move with the length of the name asked for. */
  pointersAt: 8,
  pointerCount: 9,
  /** Length of the name for which the pointers are right. */
  nameLength: 10,
  /** Offsets of TTLs that follow the plan's, for plans that end. */
  ttlsAt: 11,
  ttlCount: 12,
  counter: 13,
  size: 14,
} as const

/** A reference to a template that is not there: the complete path answers. */
export const PUNT = -1

/** Words at the start of a tree's buffer. Indexed leaves hold `value << 6 | depth`, inverted. */
export const TREE = { root4: 0, root6: 1, indexBits: 2, index4At: 3, index6At: 4, nodesAt: 5, size: 8 } as const
export const TREE_DEPTH_BITS = 6

/** Trees that every table has. */
export const TREE_NUMBER = { ecs: 0, debug: 1, firstService: 2 } as const

/** Values of the client-subnet tree below the numbers of special-purpose networks. */
export const ECS_TREE = { ordinary: 0, placed: 1, firstSpecial: 2 } as const

/** What one counter of a table counts. */
export interface CounterKey {
  readonly rcode: number
  readonly service: string | null
  readonly endpoint: string | null
  readonly outcome: Outcome | null
}

/** What threads hand to each other. */
export interface TableBuffers {
  readonly main: SharedArrayBuffer
  readonly trees: readonly SharedArrayBuffer[]
}

/** A table with its views. */
export interface FastTable {
  readonly words: Int32Array
  readonly octets: Uint8Array
  readonly slots: Uint16Array
  readonly times: Float64Array
  readonly trees: readonly Int32Array[]
  readonly hashAt: number
  readonly hashMask: number
  readonly namesAt: number
  readonly templatesAt: number
  readonly refused: number
  /** Whether answers depend on the time. */
  readonly isDated: boolean
}

export function openTable({ main, trees }: TableBuffers): FastTable {
  const words = new Int32Array(main)
  const field = (index: number): number => words[index] ?? 0
  return {
    words,
    octets: new Uint8Array(main, field(HEADER.octetsAt)),
    slots: new Uint16Array(main, field(HEADER.slotsAt) * 2),
    times: new Float64Array(main, field(HEADER.timesAt) * 8),
    trees: trees.map((tree) => new Int32Array(tree)),
    hashAt: field(HEADER.hashAt),
    hashMask: field(HEADER.hashMask),
    namesAt: field(HEADER.namesAt),
    templatesAt: field(HEADER.templatesAt),
    refused: field(HEADER.refused),
    isDated: field(HEADER.times) > 0,
  }
}

/** The hash of a name grows by one label at a time, from the root: start here. */
export const HASH_SEED = 0x811c9dc5 | 0
export const hashOctet = (hash: number, octet: number): number => Math.imul(hash ^ octet, 0x01000193)
export const hashSlot = (hash: number, mask: number): number => (hash ^ (hash >>> 15)) & mask
