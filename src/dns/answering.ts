import type { IpAddress } from '../domain/address.ts'
import type { Zone } from '../domain/zone.ts'
import type { Decision } from '../steering/decide.ts'
import type { Snapshot } from '../steering/snapshot.ts'
import type { FindAliasAddresses } from './alias-addresses.ts'
import type { Reply } from './reply.ts'
import type { ClientSubnet } from './wire/client-subnet.ts'
import { EDE, RCODE, TYPE } from './wire/codes.ts'
import type { WireName } from './wire/name.ts'
import { addressData } from './wire/record-data.ts'
import type { ZoneTable, ZoneTables } from './zone-table.ts'

/** One question being answered. */
export interface Answering {
  readonly snapshot: Snapshot
  readonly zones: ZoneTables
  readonly resolver: IpAddress
  readonly ecs: ClientSubnet | null
  readonly nowMs: number
  readonly dice: () => number
  readonly findAliasAddresses: FindAliasAddresses
  readonly type: number
  readonly reply: Reply
  /** Names on the way here, in order: the chain ends when one comes again, or when there are too many. */
  readonly visited: WireName[]
  /** The decisions taken, in order, each once. */
  readonly decisions: TakenDecision[]
}

/** A service decides once for a question: all of the answer, hints and additional records too, has the same plan and slot. */
export interface TakenDecision extends Decision {
  /** Zones may believe client subnets or not, so it holds for the zones that do as this one. */
  readonly zoneEcs: Zone['ecs']
  /** SCOPE PREFIX-LENGTH of an answer in which it shows. */
  readonly answerScope: number
  /** How often it was asked for. */
  uses: number
}

/** Answers another question for the one under way: the same asker, the same decisions. */
export type Ask = (name: WireName, type: number) => Reply

/** Addresses of a name, ours or not; `unknown` while they could not be learned. */
export interface FlatAddresses {
  readonly kind: 'known' | 'stale' | 'unknown'
  readonly addresses: readonly IpAddress[]
  readonly ttlSeconds: number
}

/** RFC 8767 §4: a TTL "greater than 0, with a RECOMMENDED value of 30 seconds", for data that could not be refreshed. */
export const STALE_TTL_SECONDS = 30

export const wantsAddresses = (type: number): boolean => type === TYPE.A || type === TYPE.AAAA

/** NODATA and NXDOMAIN carry the SOA, whose TTL says how long to believe them (RFC 2308 §3). */
export function denyWith(reply: Reply, table: ZoneTable, ttlSeconds: number): void {
  reply.authority.push({ owner: table.apex, ...table.soa, ttlSeconds })
}

/**
 * An address RRset, or NODATA. SERVFAIL when nobody knows yet: a resolver then asks another server, and keeps no wrong
 * denial for longer than a moment.
 */
export function answerAddresses(
  { reply, type }: Pick<Answering, 'reply' | 'type'>,
  table: ZoneTable,
  owner: WireName,
  flat: FlatAddresses,
): void {
  if (flat.addresses.length > 0) {
    const distinct = new Map(flat.addresses.map((address) => [address.bytes.join('.'), addressData(address.bytes)]))
    reply.answer.push({ owner, type, ttlSeconds: flat.ttlSeconds, data: [...distinct.values()] })
  } else if (flat.kind === 'unknown') {
    reply.rcode = RCODE.SERVFAIL
    reply.authoritative = false
    reply.error ??= { code: EDE.NOT_READY, text: '' }
  } else {
    denyWith(reply, table, Math.min(table.negativeTtlSeconds, flat.ttlSeconds))
  }
  if (flat.kind === 'stale') reply.error ??= { code: EDE.STALE_ANSWER, text: '' }
}
