/**
 * Packets as resolvers, scanners, fuzzers and broken clients send them: well-formed ones, those with one thing wrong, and noise.
 * Deterministic: the same draws make the same packets. Nothing of src/dns is used.
 */

import { wireName } from './dns-message.ts'
import { createPacketWriter, type PacketWriter } from './packet-writer.ts'

/** Room that a packet needs. */
export const PACKET_ROOM = 2048

/** Writes one packet to the start of `into`, which holds {@link PACKET_ROOM} octets; returns its length. */
export type PacketMaker = (into: Uint8Array) => number

const TYPES = [1, 28, 65, 64, 2, 6, 5, 12, 15, 16, 33, 35, 39, 43, 44, 46, 47, 48, 50, 52, 99, 257, 65_280]
const META_TYPES = [0, 41, 128, 249, 250, 251, 252, 253, 254, 255, 65_535]
const CLASSES = [1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 4, 0, 254, 255]
const SIZES = [0, 100, 511, 512, 513, 700, 1232, 1232, 1233, 1400, 4096, 65_535]
const SOURCES_IPV4 = [0, 1, 8, 15, 16, 20, 23, 24, 24, 24, 25, 32, 33]
const SOURCES_IPV6 = [0, 1, 16, 32, 33, 48, 56, 56, 64, 127, 128, 129]
const SUBNETS_IPV4 = [0x05050000, 0x06060700, 0x08080000, 0x0a630000, 0xc0000200, 0x7f000000, 0xe0000000]
const SUBNETS_IPV6 = [0x24000000, 0x2a000001, 0x20010db8, 0xfd000000, 0x20020505, 0x00000000, 0x0064ff9b]
/** The first octets of a PROXY protocol header, version 2. */
const PROXY_SIGNATURE = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]

/** `names` are asked for, with their neighbours: parents, children, other cases. */
export function createPacketMaker(names: readonly string[], die: () => number): PacketMaker {
  const wires = names.map(wireName)
  const writer = createPacketWriter(PACKET_ROOM - 512)
  return (into) => {
    writer.start(into)
    const kind = die() % 20
    if (kind === 0) return writeNoise(writer, die)
    writeQuery(writer, wires, die)
    if (kind === 1) return wrapInProxyHeader(writer, die)
    if (kind > 11) for (let changes = 1 + (die() % 5); changes > 0; changes--) mutate(writer, die)
    return writer.length()
  }
}

const oneOf = <T>(list: readonly T[], die: () => number): T => list[die() % list.length] as T
const oneIn = (n: number, die: () => number): boolean => die() % n === 0

function writeNoise(writer: PacketWriter, die: () => number): number {
  const length = oneIn(4, die) ? die() % 14 : die() % 300
  for (let i = 0; i < length; i++) writer.octet(die())
  if (length >= 12 && oneIn(2, die)) {
    // A plausible header in front.
    writer.setWord(2, 0)
    for (let at = 4; at < 12; at += 2) writer.setWord(at, die() % 3)
  }
  return writer.length()
}

function writeQuery(writer: PacketWriter, wires: readonly Buffer[], die: () => number): void {
  const opcode = oneIn(25, die) ? die() & 15 : 0
  const isResponse = oneIn(60, die)
  const odd = oneIn(15, die) ? die() & 0x07 : die() & 0x01
  writer.word(die())
  writer.octet((isResponse ? 0x80 : 0) | (opcode << 3) | odd)
  writer.octet(oneIn(10, die) ? die() : die() & 0x30)
  const questions = oneIn(40, die) ? die() % 3 : 1
  writer.word(questions)
  const counts = [0, 0, 0]
  for (const _ of counts) writer.word(0)
  for (let i = 0; i < questions; i++) {
    writeName(writer, wires, die)
    writer.word(oneIn(20, die) ? oneOf(META_TYPES, die) : oneIn(40, die) ? die() : oneOf(TYPES, die))
    writer.word(oneIn(200, die) ? die() : oneOf(CLASSES, die))
  }
  // Most have nothing but OPT behind the question.
  for (let section = 0; section < 3; section++) {
    const others = oneIn(40, die) ? 1 + (die() % 2) : 0
    for (let i = 0; i < others; i++) writeRecord(writer, wires, die)
    let opts = section === 2 ? (oneIn(3, die) ? 0 : 1) : oneIn(300, die) ? 1 : 0
    if (opts === 1 && oneIn(60, die)) opts = 2
    for (let i = 0; i < opts; i++) writeOpt(writer, die)
    const signed = section === 2 && oneIn(50, die) ? 1 : 0
    if (signed === 1) writeTsig(writer, die)
    counts[section] = others + opts + signed
  }
  counts.forEach((count, section) => {
    writer.setWord(6 + 2 * section, count)
  })
  if (oneIn(100, die)) for (let i = die() % 20; i > 0; i--) writer.octet(die())
}

function writeName(writer: PacketWriter, wires: readonly Buffer[], die: () => number): void {
  const wire = oneOf(wires, die)
  const form = die() % 24
  if (form < 10) writer.octetsCased(wire, oneIn(3, die) ? die() : 0)
  else if (form < 14) {
    for (let labels = 1 + (die() % 3); labels > 0; labels--)
      writeLabel(writer, oneIn(30, die) ? 63 : 1 + (die() % 9), die)
    writer.octetsCased(wire, 0)
  } else if (form < 17) writer.octetsCased(wire.subarray(wire.length > 1 ? 1 + (wire[0] as number) : 0), 0)
  else if (form === 17) writeLongName(writer, wire, 253 + (die() % 5), die)
  else if (form === 18) writer.word(0xc000 | (oneIn(2, die) ? 12 : die() % 64))
  else if (form === 19) {
    writeLabel(writer, 1 + (die() % 8), die)
    writer.word(0xc000 | (die() % 32))
  } else if (form === 20) writer.octet(0)
  else if (form === 21) {
    writer.octet(oneOf([64, 65, 128, 191, 63], die))
    writer.octetsCased(wire, 0)
  } else
    writer.octetsCased(
      wireName(oneOf(['example.net', 'version.bind', 'id.server', 'hostname.bind', 'com'], die)),
      die(),
    )
}

function writeLabel(writer: PacketWriter, length: number, die: () => number): void {
  writer.octet(length)
  const isBinary = oneIn(20, die)
  for (let i = 0; i < length; i++) writer.octet(isBinary ? die() : 0x61 + (die() % 26))
}

/** Labels in front of a name until all of it has `total` octets: 255 are allowed. */
function writeLongName(writer: PacketWriter, wire: Buffer, total: number, die: () => number): void {
  for (let left = total - wire.length; left > 1; ) {
    const length = Math.min(63, left - 1)
    writeLabel(writer, length, die)
    left -= length + 1
  }
  writer.octetsCased(wire, 0)
}

function writeRecord(writer: PacketWriter, wires: readonly Buffer[], die: () => number): void {
  writeName(writer, wires, die)
  writer.word(oneOf(TYPES, die))
  writer.word(1)
  writer.word(0)
  writer.word(die())
  const length = die() % 24
  writer.word(oneIn(10, die) ? die() % 100 : length)
  for (let i = 0; i < length; i++) writer.octet(die())
}

const HMAC = wireName('hmac-sha256')
const KEY = wireName('key.example')

/** RFC 8945 §4.2, with a MAC of nobody's. */
function writeTsig(writer: PacketWriter, die: () => number): void {
  writer.octetsCased(KEY, 0)
  writer.word(250)
  writer.word(255)
  writer.word(0)
  writer.word(0)
  const macLength = oneOf([0, 16, 32], die)
  writer.word(HMAC.length + 10 + macLength + 6)
  writer.octetsCased(HMAC, 0)
  for (let i = 0; i < 8; i++) writer.octet(die())
  writer.word(macLength)
  for (let i = 0; i < macLength + 6; i++) writer.octet(i < macLength ? die() : 0)
}

function writeOpt(writer: PacketWriter, die: () => number): void {
  if (oneIn(60, die)) writeLabel(writer, 3, die)
  writer.octet(0)
  writer.word(41)
  writer.word(oneIn(20, die) ? die() : oneOf(SIZES, die))
  writer.octet(oneIn(40, die) ? die() : 0)
  writer.octet(oneIn(30, die) ? die() & 3 : 0)
  writer.word((oneIn(2, die) ? 0x8000 : 0) | (oneIn(20, die) ? die() & 0x7fff : 0))
  const lengthAt = writer.length()
  writer.word(0)
  for (let options = oneIn(2, die) ? 1 : die() % 4; options > 0; options--) writeOption(writer, die)
  writer.setWord(lengthAt, writer.length() - lengthAt - 2)
}

function writeOption(writer: PacketWriter, die: () => number): void {
  const kind = die() % 16
  const startsAt = writer.length()
  const plain = (code: number, length: number): void => {
    writer.word(code)
    writer.word(length)
    for (let i = 0; i < length; i++) writer.octet(code === 12 ? 0 : die())
  }
  if (kind < 6) writeSubnet(writer, die)
  else if (kind < 10) plain(10, oneOf([8, 8, 8, 24, 24, 16, 40, 0, 7, 9, 15, 41], die))
  else if (kind === 10) plain(3, oneIn(3, die) ? die() % 20 : 0)
  else if (kind === 11) plain(11, oneOf([0, 0, 1, 2, 3], die))
  else if (kind === 12) plain(12, die() % 300)
  else if (kind === 13) plain(oneOf([0, 1, 5, 6, 7, 9, 13, 14, 15, 16, 100, 65_001, 65_535], die), die() % 12)
  else if (kind === 14) plain(die() & 0xffff, die() % 40)
  else plain(8, die() % 24)
  // Its length says something else than is there.
  if (oneIn(40, die)) writer.setWord(startsAt + 2, die() % 64)
}

function writeSubnet(writer: PacketWriter, die: () => number): void {
  const isV6 = oneIn(3, die)
  const family = oneIn(40, die) ? oneOf([0, 3, 65_535], die) : isV6 ? 2 : 1
  const source = oneOf(isV6 ? SOURCES_IPV6 : SOURCES_IPV4, die)
  const octets = Math.max(0, Math.ceil(source / 8) + (oneIn(40, die) ? (die() % 3) - 1 : 0))
  writer.word(8)
  writer.word(octets + 4)
  writer.word(family)
  writer.octet(source)
  writer.octet(oneIn(40, die) ? die() : 0)
  const network = oneIn(4, die) ? die() : oneOf(isV6 ? SUBNETS_IPV6 : SUBNETS_IPV4, die)
  for (let i = 0; i < octets; i++) {
    const octet = i < 4 ? (network >>> (24 - 8 * i)) & 0xff : oneIn(2, die) ? die() & 0xff : 0
    const spareBits = Math.max(0, (i + 1) * 8 - source)
    // A few keep bits behind their source prefix, which is FORMERR.
    writer.octet(oneIn(60, die) ? octet : (octet >> spareBits) << spareBits)
  }
}

function wrapInProxyHeader(writer: PacketWriter, die: () => number): number {
  const isV4 = oneIn(2, die)
  const header = [...PROXY_SIGNATURE, oneIn(8, die) ? die() : 0x21, oneIn(8, die) ? die() : isV4 ? 0x12 : 0x22]
  const addresses = Array.from({ length: isV4 ? 12 : 36 }, die)
  const length = oneIn(8, die) ? die() % 400 : addresses.length
  writer.insert(0, [...header, length >> 8, length & 0xff, ...addresses])
  return writer.length()
}

function mutate(writer: PacketWriter, die: () => number): void {
  const length = writer.length()
  const at = die() % Math.max(1, length)
  const kind = die() % 10
  if (kind < 2) writer.change(at, (octet) => octet ^ (1 << (die() & 7)))
  else if (kind < 4) writer.change(at, die)
  else if (kind === 4) writer.cut(at)
  else if (kind === 5) writer.cut(length - (die() % Math.min(length + 1, 6)))
  else if (kind === 6) writer.insert(at, [die()])
  // One of the counts, or a flag.
  else if (kind === 7) writer.change(2 + (die() % 10), () => die() % 4)
  else if (kind === 8) writer.insert(at, [0xc0, die() % (length + 4)])
  else writer.change(at, () => oneOf([0, 1, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff], die))
}
