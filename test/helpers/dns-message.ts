/** DNS messages for tests, written and read on their own: no line of src/dns is used, so that the two can disagree. */

import { formatAddress, parsePrefix } from '../../src/domain/address.ts'
import { type Cursor, readName, take16, take32 } from './dns-cursor.ts'
import { CLASSES, nameOf, numberOf, TYPES } from './dns-numbers.ts'
import { readData } from './dns-record-data.ts'

const RCODES: Readonly<Record<number, string>> = {
  ...['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'],
  9: 'NOTAUTH',
  16: 'BADVERS',
  23: 'BADCOOKIE',
}
const ECS = 8
const EDE = 15

export function wireName(text: string): Buffer {
  const labels = text.split('.').filter((label) => label !== '')
  return Buffer.concat([...labels.map((label) => Buffer.from([label.length, ...Buffer.from(label)])), Buffer.from([0])])
}

export const word = (value: number): Buffer => Buffer.from([value >> 8, value & 0xff])

const option = (code: number, value: Buffer): Buffer => Buffer.concat([word(code), word(value.length), value])

/** The Client Subnet option of RFC 7871 §6 for `192.0.2.0/24`. */
function subnetOption(cidr: string): Buffer {
  const parsed = parsePrefix(cidr)
  if (!parsed.ok) throw new Error(`no prefix: ${cidr}`)
  const { family, bytes, length } = parsed.prefix
  return Buffer.from([0, family === 4 ? 1 : 2, length, 0, ...bytes.subarray(0, Math.ceil(length / 8))])
}

/** Signed with hmac-sha256 and a MAC of 32 octets (RFC 8945 §4.2). */
function tsigRecord(key: string, id: number): Buffer {
  const time = Buffer.from('000012345678012c', 'hex')
  const data = Buffer.concat([wireName('hmac-sha256'), time, word(32), Buffer.alloc(32, 1), word(id), Buffer.alloc(4)])
  return Buffer.concat([wireName(key), word(250), word(255), Buffer.alloc(4), word(data.length), data])
}

export interface TestQuery {
  readonly bytes: Buffer
  readonly transport: 'udp' | 'tcp' | 'tls' | 'https'
}

/**
 * A query as `dig` would be told: `api.geo.example A +subnet=5.5.1.0/24 +bufsize=1232 +do +tcp`. Unlike dig it sends neither RD nor
 * EDNS unless asked: `+rd +cd +ad +z +edns +edns=1 +ednsflags=40 +ecs=HEX +opt=CODE:HEX,… +opcode=N +headeronly +qdcount=N
 * +twoopts +optowner=NAME +tsig=KEY +qr +tls +https +tail=HEX`.
 */
export function composeQuery(text: string, id = 0x1234): TestQuery {
  const words = text.trim().split(/\s+/)
  const flags = new Map<string, string>()
  for (const it of words.filter((word) => word.startsWith('+'))) {
    const [key = '', value = ''] = it.slice(1).split('=')
    flags.set(key, value)
  }
  const [name = '', type = 'A', qclass = 'IN'] = words.filter((it) => !it.startsWith('+'))
  const ednsKeys = ['edns', 'bufsize', 'do', 'subnet', 'ecs', 'opt', 'ednsflags', 'twoopts', 'optowner']
  const hasEdns = ednsKeys.some((key) => flags.has(key))

  const given = (flags.get('opt') ?? '').split(',').filter((it) => it !== '')
  const options = Buffer.concat([
    ...given.map((it) => option(Number(it.split(':')[0]), Buffer.from(it.split(':')[1] ?? '', 'hex'))),
    flags.has('subnet') ? option(ECS, subnetOption(flags.get('subnet') ?? '')) : Buffer.alloc(0),
    flags.has('ecs') ? option(ECS, Buffer.from(flags.get('ecs') ?? '', 'hex')) : Buffer.alloc(0),
  ])
  const opt = Buffer.concat([
    wireName(flags.get('optowner') ?? ''),
    word(TYPES.OPT ?? 0),
    word(Number(flags.get('bufsize') ?? 1232)),
    Buffer.from([0, Number(flags.get('edns') ?? 0)]),
    word((flags.has('do') ? 0x8000 : 0) | Number.parseInt(flags.get('ednsflags') ?? '0', 16)),
    word(options.length),
    options,
  ])
  const opts: Buffer[] = hasEdns ? [opt] : []
  if (flags.has('twoopts')) opts.push(opt)
  if (flags.has('tsig')) opts.push(tsigRecord(flags.get('tsig') ?? '', id))
  const headerOnly = flags.has('headeronly')
  const high = (Number(flags.get('opcode') ?? 0) << 3) | (flags.has('rd') ? 1 : 0) | (flags.has('qr') ? 0x80 : 0)
  const low = (flags.has('z') ? 0x40 : 0) | (flags.has('ad') ? 0x20 : 0) | (flags.has('cd') ? 0x10 : 0)
  const bytes = Buffer.concat([
    word(id),
    Buffer.from([high, low]),
    word(Number(flags.get('qdcount') ?? (headerOnly ? 0 : 1))),
    word(0),
    word(0),
    word(opts.length),
    headerOnly ? Buffer.alloc(0) : wireName(name),
    headerOnly ? Buffer.alloc(0) : Buffer.concat([word(numberOf(TYPES, type)), word(numberOf(CLASSES, qclass))]),
    ...opts,
    Buffer.from(flags.get('tail') ?? '', 'hex'),
  ])
  const transport = (['tcp', 'tls', 'https'] as const).find((it) => flags.has(it)) ?? 'udp'
  return { bytes, transport }
}

/** A response in words, each record as a line of a zone file without its class. */
export interface DescribedMessage {
  readonly rcode: string
  /** Those of `qr aa tc rd ra z ad cd` that are set. */
  readonly flags: string
  readonly question: string | null
  readonly answer: readonly string[]
  readonly authority: readonly string[]
  readonly additional: readonly string[]
  /** `udp=1232 do ecs=192.0.2.0/24/16 ede=18:text`, or null without OPT. */
  readonly edns: string | null
}

/** Throws when the message is malformed, has octets behind its end, or has more than one OPT. */
export function describeMessage(bytes: Uint8Array): DescribedMessage {
  const message = Buffer.from(bytes)
  const flags = message.readUInt16BE(2)
  const cursor = { at: 12 }
  const counts = [4, 6, 8, 10].map((at) => message.readUInt16BE(at))
  const questions = Array.from({ length: counts[0] ?? 0 }, () => {
    const name = readName(message, cursor)
    const [type = 0, qclass = 0] = [take16(message, cursor), take16(message, cursor)]
    return `${name} ${nameOf(CLASSES, qclass, 'CLASS')} ${nameOf(TYPES, type, 'TYPE')}`
  })
  const edns: { text: string; extended: number }[] = []
  const sections = counts
    .slice(1)
    .map((count) =>
      Array.from({ length: count }, () => readRecord(message, cursor, edns)).filter((line) => line !== null),
    )
  if (cursor.at !== message.length) throw new Error(`${message.length - cursor.at} octets behind the message`)
  if (questions.length > 1 || edns.length > 1) throw new Error('more than one question or OPT')
  const rcode = ((edns[0]?.extended ?? 0) << 4) | (flags & 0xf)
  const bits = { qr: 0x8000, aa: 0x0400, tc: 0x0200, rd: 0x0100, ra: 0x80, z: 0x40, ad: 0x20, cd: 0x10 }
  return {
    rcode: RCODES[rcode] ?? `RCODE${rcode}`,
    flags: Object.entries(bits)
      .flatMap(([name, bit]) => ((flags & bit) === 0 ? [] : [name]))
      .join(' '),
    question: questions[0] ?? null,
    answer: sections[0] ?? [],
    authority: sections[1] ?? [],
    additional: sections[2] ?? [],
    edns: edns[0]?.text ?? null,
  }
}

function readRecord(message: Buffer, cursor: Cursor, edns: { text: string; extended: number }[]): string | null {
  const owner = readName(message, cursor)
  const type = take16(message, cursor)
  const rrClass = take16(message, cursor)
  const ttl = take32(message, cursor)
  const end = take16(message, cursor) + cursor.at
  if (end > message.length) throw new Error('RDLENGTH beyond the message')
  if (type === TYPES.OPT) {
    if (owner !== '.' || ((ttl >> 16) & 0xff) !== 0) throw new Error('OPT with an owner, or of another version')
    edns.push({ text: readOptions(message, cursor, end, rrClass, ttl & 0xffff), extended: ttl >>> 24 })
    return null
  }
  const data = readData(message, cursor, type, end)
  if (cursor.at !== end) throw new Error(`RDATA of ${owner} does not end where RDLENGTH says`)
  return `${owner} ${ttl} ${rrClass === 1 ? '' : `${nameOf(CLASSES, rrClass, 'CLASS')} `}${nameOf(TYPES, type, 'TYPE')} ${data}`
}

function readOptions(message: Buffer, cursor: Cursor, end: number, size: number, flags: number): string {
  const words = [`udp=${size}`]
  if (flags === 0x8000) words.push('do')
  else if (flags !== 0) words.push(`flags=${flags.toString(16)}`)
  while (cursor.at < end) {
    const code = take16(message, cursor)
    const value = message.subarray(cursor.at + 2, cursor.at + 2 + message.readUInt16BE(cursor.at))
    cursor.at += 2 + value.length
    if (code === ECS) words.push(describeSubnet(value))
    else if (code === EDE)
      words.push(`ede=${value.readUInt16BE()}${value.length > 2 ? `:${value.toString('utf8', 2)}` : ''}`)
    else words.push(`option${code}=${value.toString('hex')}`)
  }
  if (cursor.at !== end) throw new Error('option beyond its OPT')
  return words.join(' ')
}

function describeSubnet(value: Buffer): string {
  const family = value.readUInt16BE()
  if (family !== 1 && family !== 2) return `ecs=family${family}/${value[2]}/${value[3]}`
  const bytes = new Uint8Array(family === 1 ? 4 : 16)
  bytes.set(value.subarray(4))
  return `ecs=${formatAddress({ family: family === 1 ? 4 : 6, bytes })}/${value[2]}/${value[3]}`
}
