import type { RecordData, SvcParam } from '../../domain/zone.ts'
import { SVC_PARAM, TYPE } from './codes.ts'
import { nameFromText, type WireName } from './name.ts'

/** RDATA ready to be written: octets, then names, then octets. */
export interface WireData {
  readonly head: Uint8Array
  readonly names: readonly WireName[]
  /** RFC 3597 §4: only the types of RFC 1035 may have compressed names. */
  readonly compress: 'allowed' | 'forbidden'
  readonly tail: Uint8Array
  /** What an SVCB or HTTPS record was made of: its hints may be filled in when it is answered. */
  readonly svcb?: SvcbFields
}

/** An SVCB or HTTPS record (RFC 9460 §2.2). Priority 0 is AliasMode; the root as target is the owner name, or, in AliasMode, nothing. */
export interface SvcbFields {
  readonly priority: number
  readonly target: WireName
  readonly params: readonly SvcParam[]
}

/** All records of one owner, type and class; one TTL (RFC 2181 §5.2). */
export interface RRset {
  readonly type: number
  readonly ttlSeconds: number
  readonly data: readonly WireData[]
}

export interface OwnedRRset extends RRset {
  readonly owner: WireName
}

const EMPTY = new Uint8Array(0)

const octets = (bytes: Uint8Array): WireData => ({ head: bytes, names: [], compress: 'forbidden', tail: EMPTY })
const namesAfter = (head: Uint8Array, ...names: WireName[]): WireData => ({
  head,
  names,
  compress: 'allowed',
  tail: EMPTY,
})
const words = (...values: readonly number[]): Uint8Array =>
  Uint8Array.from(values.flatMap((value) => [value >> 8, value & 0xff]))

/** @throws Error when the text is no domain name: documents are checked long before. */
export function wireNameOf(text: string): WireName {
  const name = nameFromText(text)
  if (name === null)
    throw new Error(`"${text}" is no domain name: a label is empty or too long, or a character is not ASCII`)
  return name
}

/** A record of a document as RDATA. ALIAS has the shape of a CNAME here but is no type of the wire: it is answered as addresses. */
export function composeData(data: RecordData): WireData {
  switch (data.type) {
    case 'A':
    case 'AAAA':
      return octets(data.address.bytes)
    case 'CNAME':
    case 'NS':
    case 'PTR':
    case 'ALIAS':
      return namesAfter(EMPTY, wireNameOf(data.target))
    case 'MX':
      return namesAfter(words(data.preference), wireNameOf(data.target))
    case 'TXT':
      return textData(data.strings)
    case 'SRV':
      // RFC 2782: "name compression is not to be used for this field".
      return {
        ...namesAfter(words(data.priority, data.weight, data.port), wireNameOf(data.target)),
        compress: 'forbidden',
      }
    case 'CAA':
      // RFC 8659 §4.1.1.
      return octets(
        Buffer.concat([Uint8Array.of(data.flags, data.tag.length), Buffer.from(data.tag + data.value, 'utf8')]),
      )
    case 'SVCB':
    case 'HTTPS':
      return svcbData({ priority: data.priority, target: wireNameOf(data.target), params: data.params })
    case 'octets':
      return octets(data.octets)
  }
}

/** Character strings, each behind its length (RFC 1035 §3.3.14). TXT has at least one. */
export function textData(strings: readonly Uint8Array[]): WireData {
  const some = strings.length === 0 ? [EMPTY] : strings
  return octets(Buffer.concat(some.flatMap((string) => [Uint8Array.of(string.length), string])))
}

/** RFC 9460 §2.2: SvcPriority, TargetName (never compressed), SvcParams in the order of their keys. */
export function svcbData(svcb: SvcbFields): WireData {
  const written = writtenParams(svcb.params).flatMap(({ key, value }) => [words(key, value.length), value])
  return {
    ...namesAfter(words(svcb.priority), svcb.target),
    compress: 'forbidden',
    tail: Buffer.concat(written),
    svcb,
  }
}

/** An `auto` hint for which no addresses are known is left out, and is mandatory no more (§8: "listed keys MUST also appear in the SvcParams"). */
function writtenParams(params: readonly SvcParam[]): readonly { readonly key: number; readonly value: Uint8Array }[] {
  const left = params.flatMap(({ key, value }) => (value === 'auto' ? [key] : []))
  return params.flatMap(({ key, value }) => {
    if (value === 'auto') return []
    if (key !== SVC_PARAM.MANDATORY || left.length === 0) return [{ key, value }]
    const keys = Array.from(
      { length: value.length / 2 },
      (_, i) => ((value[i * 2] ?? 0) << 8) | (value[i * 2 + 1] ?? 0),
    )
    const kept = keys.filter((mandatory) => !left.includes(mandatory))
    return kept.length === 0 ? [] : [{ key, value: words(...kept) }]
  })
}

export const nameData = (name: WireName): WireData => namesAfter(EMPTY, name)

export const addressData = (bytes: Uint8Array): WireData => octets(bytes)

export interface SoaFields {
  readonly mname: string
  readonly rname: string
  readonly serial: number
  readonly refreshSeconds: number
  readonly retrySeconds: number
  readonly expireSeconds: number
  readonly minimumSeconds: number
}

export function soaData(soa: SoaFields): WireData {
  const tail = new Uint8Array(20)
  const view = new DataView(tail.buffer)
  const numbers = [soa.serial, soa.refreshSeconds, soa.retrySeconds, soa.expireSeconds, soa.minimumSeconds]
  numbers.forEach((value, index) => {
    view.setUint32(index * 4, value)
  })
  return { head: EMPTY, names: [wireNameOf(soa.mname), wireNameOf(soa.rname)], compress: 'allowed', tail }
}

/** Numbers of the record types that documents may hold. */
export const TYPE_NUMBER = {
  A: TYPE.A,
  AAAA: TYPE.AAAA,
  CNAME: TYPE.CNAME,
  NS: TYPE.NS,
  PTR: TYPE.PTR,
  MX: TYPE.MX,
  TXT: TYPE.TXT,
  SRV: TYPE.SRV,
  CAA: TYPE.CAA,
  SVCB: TYPE.SVCB,
  HTTPS: TYPE.HTTPS,
} as const satisfies Record<Exclude<RecordData['type'], 'ALIAS' | 'octets'>, number>
