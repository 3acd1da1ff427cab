/** What two answers to one question differ by, and which differences are known, with their reasons. */

import type { DescribedMessage } from '../../../test/helpers/dns-message.ts'
import type { Peer } from './peers.ts'
import type { Question } from './questions.ts'
import type { GeneratedZone } from './zones.ts'

/** In lower case: names are compared without it. */
export interface Answer extends DescribedMessage {
  readonly octets: number
}

type Part = 'rcode' | 'flags' | 'truncation' | 'question' | 'EDNS' | 'answer' | 'authority' | 'additional'

export interface Comparison {
  readonly peer: Peer
  readonly question: Question
  readonly ours: Answer
  readonly theirs: Answer
  readonly zones: readonly GeneratedZone[]
}

export interface Difference {
  readonly parts: readonly Part[]
  /** Null: nobody has explained it. */
  readonly reason: string | null
}

interface Known {
  readonly reason: string
  /** Only these parts may differ. */
  readonly parts: readonly Part[]
  readonly when: (comparison: Comparison) => boolean
}

const sorted = (lines: readonly string[]): string => [...lines].sort().join('\n')
const hasFlag = (answer: Answer, flag: string): boolean => answer.flags.split(' ').includes(flag)
const isCname = (line: string): boolean => / cname /.test(line)
const firstWord = (line: string): string => line.slice(0, line.indexOf(' '))
const lastWord = (line: string): string => line.slice(line.lastIndexOf(' ') + 1)

/** Which parts differ. Options of OPT do not count: what is told there is each server's own. */
function partsOf({ peer, question, ours, theirs }: Comparison): Part[] {
  // BIND copies CD, and AD of what it holds for secure.
  const flags = (answer: Answer): string =>
    answer.flags.replace(/ tc\b/, '').replace(peer === 'bind' ? / (?:ad|cd)\b/g : /$^/, '')
  const edns = (answer: Answer): string => (answer.edns ?? 'none').replace(/ (?:option|ede|ecs).*/, '')
  const parts: Part[] = []
  const differ = (part: Part, isDifferent: boolean): void => {
    if (isDifferent) parts.push(part)
  }
  differ('rcode', ours.rcode !== theirs.rcode)
  differ('flags', flags(ours) !== flags(theirs))
  differ('truncation', hasFlag(ours, 'tc') !== hasFlag(theirs, 'tc'))
  differ('question', ours.question !== theirs.question)
  differ('EDNS', edns(ours) !== edns(theirs))
  // What is left of a truncated answer is of no use (RFC 2181 §9), and ANY is each server's own choice (RFC 8482).
  if (hasFlag(ours, 'tc') || hasFlag(theirs, 'tc')) return parts
  if (question.type !== 'ANY') {
    differ('answer', sorted(ours.answer) !== sorted(theirs.answer))
    differ('authority', sorted(ours.authority) !== sorted(theirs.authority))
    differ('additional', sorted(ours.additional) !== sorted(theirs.additional))
  } else differ('answer', (ours.answer.length === 0) !== (theirs.answer.length === 0))
  return parts
}

const chainOf = ({ answer }: Answer): readonly string[] => answer.filter(isCname)

function isLoop(answer: Answer): boolean {
  const chain = chainOf(answer)
  const end = chain.length === 0 ? '' : lastWord(chain.at(-1) as string)
  return chain.length === answer.answer.length && chain.some((line) => firstWord(line) === end)
}

function apexOf(zones: readonly GeneratedZone[], name: string): string {
  const apexes = zones.map(({ apex }) => apex).filter((apex) => `.${name}`.endsWith(`.${apex}.`))
  return apexes.reduce((longest, apex) => (apex.length > longest.length ? apex : longest), '')
}

const crossesZones = ({ ours, zones }: Comparison): boolean =>
  new Set(chainOf(ours).flatMap((line) => [apexOf(zones, firstWord(line)), apexOf(zones, lastWord(line))])).size > 1

/** A referral with a name server below its cut. */
const needsGlue = ({ ours }: Comparison): boolean =>
  ours.authority.some((line) => / ns /.test(line) && `.${lastWord(line)}`.endsWith(`.${firstWord(line)}`))

const limitOf = ({ overTcp, payloadSize }: Question): number =>
  overTcp ? 65_535 : payloadSize === null ? 512 : Math.min(1232, Math.max(512, payloadSize))

/** A DNS message that is so close to its limit may have lost any of its additional records. */
const TIGHT_OCTETS = 600

/** Only addresses of targets differ, and the glue that a referral needs is the same, unless there is little room. */
function missesNoGlue({ ours, theirs, question }: Comparison): boolean {
  const differing = [
    ...ours.additional.filter((line) => !theirs.additional.includes(line)),
    ...theirs.additional.filter((line) => !ours.additional.includes(line)),
  ]
  // RFC 9460 §4.1: what the target of a service binding has, service bindings too.
  const kinds = /^(?:SVCB|HTTPS)$/.test(question.type) ? / (?:a|aaaa|svcb|https|cname) / : / (?:a|aaaa) /
  if (!differing.every((line) => kinds.test(line))) return false
  if (Math.max(ours.octets, theirs.octets) + TIGHT_OCTETS > limitOf(question)) return true
  const cuts = ours.authority.filter((line) => / ns /.test(line))
  const isGlue = (line: string): boolean =>
    cuts.some((cut) => lastWord(cut) === firstWord(line) && `.${firstWord(line)}`.endsWith(`.${firstWord(cut)}`))
  return !differing.some(isGlue)
}

const EVERYTHING: readonly Part[] = ['rcode', 'flags', 'truncation', 'answer', 'authority', 'additional']

/** docs/dns.md, "Compared with Knot, BIND and NSD", says the same to operators. */
const KNOWN: readonly Known[] = [
  {
    reason: 'a CNAME loop: each CNAME once, NOERROR; BIND says SERVFAIL, Knot and NSD may repeat the CNAME',
    parts: EVERYTHING,
    when: ({ ours, theirs, peer }) =>
      isLoop(ours) &&
      (peer === 'bind' ? theirs.rcode === 'SERVFAIL' : sorted([...new Set(theirs.answer)]) === sorted(ours.answer)),
  },
  {
    reason: 'a zone that the peer did not load: SERVFAIL to everything in it',
    parts: EVERYTHING,
    when: ({ theirs }) => theirs.rcode === 'SERVFAIL' && theirs.answer.length === 0,
  },
  {
    reason: 'CNAMEs are followed into every zone of ours; Knot and BIND stop at the edge of the zone',
    parts: EVERYTHING,
    when: (it) => it.peer !== 'nsd' && crossesZones(it),
  },
  {
    reason: 'DS at the apex of a zone of ours, at the end of a CNAME chain: the parent denies it (RFC 4035 §3.1.4.1)',
    parts: ['authority'],
    when: ({ question, ours, zones }) =>
      question.type === 'DS' && chainOf(ours).some((line) => zones.some(({ apex }) => lastWord(line) === `${apex}.`)),
  },
  {
    reason: 'NSEC and RRSIG at a CNAME: it is followed, there being no DNSSEC yet',
    parts: EVERYTHING,
    when: ({ question, ours }) => /^(?:NSEC|RRSIG)$/.test(question.type) && chainOf(ours).length > 0,
  },
  {
    reason: 'a referral without room for the glue it needs has TC (RFC 9471)',
    parts: ['truncation'],
    when: (it) => it.peer !== 'knot' && hasFlag(it.ours, 'tc') && needsGlue(it),
  },
  {
    reason: 'a whole answer, where compression makes it fit; BIND and Knot compress less and say TC',
    parts: ['truncation'],
    when: ({ ours, theirs, question }) =>
      hasFlag(theirs, 'tc') && !hasFlag(ours, 'tc') && ours.octets <= limitOf(question),
  },
  {
    reason: 'the SOA of a denial for type SOA has the TTL of any other; BIND: TTL 0',
    parts: ['authority'],
    when: ({ peer, question, ours, theirs }) => {
      const withoutTtl = (lines: readonly string[]) => sorted(lines.map((line) => line.replace(/ \d+ soa /, ' soa ')))
      return peer === 'bind' && question.type === 'SOA' && withoutTtl(ours.authority) === withoutTtl(theirs.authority)
    },
  },
  {
    reason:
      'what NS, MX, SRV, SVCB and HTTPS targets of ours have, as room allows; the peers add more, less, or nothing',
    parts: ['additional'],
    when: (it) => missesNoGlue(it),
  },
]

/** Null: no difference. */
export function compareAnswers(comparison: Comparison): Difference | null {
  const parts = partsOf(comparison)
  if (parts.length === 0) return null
  // Several reasons may come together.
  const reasons = KNOWN.filter((known) => known.when(comparison) && known.parts.some((part) => parts.includes(part)))
  const explained = new Set(reasons.flatMap((known) => known.parts))
  const isExplained = parts.every((part) => explained.has(part))
  return { parts, reason: isExplained ? (reasons[0]?.reason ?? null) : null }
}
