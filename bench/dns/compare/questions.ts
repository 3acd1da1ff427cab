/** Questions at the names of generated zones, at their neighbours, and at what targets name. */

import { wireName, word } from '../../../test/helpers/dns-message.ts'
import { type Draw, oneIn, oneOf } from './draw.ts'
import type { GeneratedZone } from './zones.ts'

export interface Question {
  readonly name: string
  readonly type: string
  readonly octets: Buffer
  /** The requestor's payload size; null without EDNS. */
  readonly payloadSize: number | null
  readonly overTcp: boolean
  /** For the reader. */
  readonly text: string
}

const NUMBERS: Readonly<Record<string, number>> = {
  ...{ A: 1, NS: 2, CNAME: 5, SOA: 6, NULL: 10, PTR: 12, HINFO: 13, MX: 15, TXT: 16, AAAA: 28, SRV: 33, NAPTR: 35 },
  ...{
    DNAME: 39,
    DS: 43,
    SSHFP: 44,
    RRSIG: 46,
    NSEC: 47,
    DNSKEY: 48,
    TLSA: 52,
    SVCB: 64,
    HTTPS: 65,
    SPF: 99,
    ANY: 255,
  },
  ...{ CAA: 257, TYPE1000: 1000, TYPE65280: 65_280 },
}
const TYPES = Object.keys(NUMBERS)
const COMMON = ['A', 'AAAA', 'CNAME', 'MX', 'TXT', 'SRV', 'NS', 'SOA', 'DS', 'HTTPS', 'SVCB']
const SIZES = [null, null, 512, 1232, 4096, 100, 65_535, 0, 700]

/** About so many for each zone, and some for what it holds. */
export function generateQuestions(zones: readonly GeneratedZone[], perZone: number, die: Draw): Question[] {
  return zones.flatMap((zone) => {
    const names = namesNear(zone)
    const drawn = Array.from({ length: perZone }, () =>
      composeQuestion(oneOf(names, die), oneIn(3, die) ? oneOf(TYPES, die) : oneOf(COMMON, die), die),
    )
    const held = zone.records
      .filter(() => oneIn(6, die))
      .map(({ owner, type }) => composeQuestion(owner.replace(/^\*/, oneOf(['*', 'any', 'a.b'], die)), type, die))
    return [...drawn, ...held]
  })
}

function namesNear({ apex, records }: GeneratedZone): readonly string[] {
  const names = new Set([apex, 'outside.test', 'cmp.test'])
  const targets = records.flatMap(({ text }) => text.split(' ').filter((word) => word.endsWith('.test.')))
  for (const name of [...records.map(({ owner }) => owner), ...targets.map((target) => target.slice(0, -1))]) {
    for (let rest = name; rest.length > apex.length; rest = rest.slice(rest.indexOf('.') + 1)) {
      names.add(rest)
      for (const label of ['zz', '*', 'a', 'a.b', 'zz.*', '*.zz']) names.add(`${label}.${rest}`)
      if (rest.startsWith('*.')) for (const label of ['any', 'X.y', '*.*']) names.add(`${label}.${rest.slice(2)}`)
      if (!rest.includes('.')) break
    }
  }
  for (const label of ['nope', 'nope.nope', '*', '*.*', '_tcp', 'sub', 'x.sub', 'ns1.sub'])
    names.add(`${label}.${apex}`)
  return [...names].filter((name) => name.length <= 253 && name.split('.').every((label) => label.length <= 63))
}

function composeQuestion(name: string, type: string, die: Draw): Question {
  const cased = oneIn(3, die)
    ? [...name].map((letter) => (oneIn(2, die) ? letter.toUpperCase() : letter)).join('')
    : name
  const payloadSize = oneOf(SIZES, die)
  const bits = (oneIn(3, die) ? 0x0100 : 0) | (oneIn(5, die) ? 0x10 : 0) | (oneIn(5, die) ? 0x20 : 0)
  const dnssecOk = oneIn(5, die) ? 0x8000 : 0
  const opt =
    payloadSize === null ? [] : [Buffer.from([0]), word(41), word(payloadSize), word(0), word(dnssecOk), word(0)]
  const counts = [1, 0, 0, payloadSize === null ? 0 : 1].map(word)
  const octets = Buffer.concat([
    word(0),
    word(bits),
    ...counts,
    wireName(cased),
    word(NUMBERS[type] ?? 0),
    word(1),
    ...opt,
  ])
  const overTcp = oneIn(20, die)
  const text = `${cased} ${type} size=${payloadSize} flags=${bits.toString(16)}${dnssecOk > 0 ? ' do' : ''}`
  return { name, type, octets, payloadSize, overTcp, text: `${text}${overTcp ? ' over TCP' : ''}` }
}
