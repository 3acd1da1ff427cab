import { atOnce, type Turns } from '../../domain/turns.ts'
import { counterText, type Part } from './packer.ts'
import { type CounterKey, ENTRY, HEADER, hashSlot, NAME, STEER, type TableBuffers, TEMPLATE } from './table.ts'

/** The answers of a service at one name and type, with what only the table that they go into knows. */
export interface PlacedAnswers {
  readonly part: Part
  readonly count: number
  readonly serviceAt: number
  readonly ecs: number
}

/** The names of a zone. */
export interface PlacedZone {
  readonly part: Part
  /** Where entries that are steered stand, and which answers they have. */
  readonly steered: readonly (readonly [entryAt: number, answers: number])[]
}

/** A table, with what its counters count. */
export interface CompiledTable {
  readonly buffers: TableBuffers
  readonly counters: readonly CounterKey[]
}

/** Parts laid out from one pause to the next. */
const PARTS_PER_TURN = 64

/** Where the words of the first part begin. */
export const FIRST_WORD = HEADER.size

/** What it takes to put a part where it is to stand. */
interface Place {
  readonly words: number
  readonly octets: number
  readonly template: number
  readonly name: number
  readonly counters: readonly number[]
}

/**
 * One buffer of all parts. The first has what is about services, with offsets that are right as they are (its packer knew
 * FIRST_WORD).
 * @param serial of the zones that have none of their own
 */
export function* layOut(
  first: Part,
  answers: readonly PlacedAnswers[],
  zones: readonly PlacedZone[],
  serial: number,
): Turns<{ readonly main: SharedArrayBuffer; readonly counters: readonly CounterKey[] }> {
  const all = [first, ...answers.map(({ part }) => part), ...zones.map(({ part }) => part)]
  const { main, sections } = sectionsOf(all)
  const { words } = sections
  const counters = collectCounters()
  const at = { words: FIRST_WORD, octets: 0, template: 0, name: 0 }
  const put = (part: Part): Place => {
    const place = { ...at, counters: part.counters.map(counters.numberOf) }
    putPart(sections, part, part === first ? { ...place, moved: 0 } : { ...place, moved: at.words }, serial)
    at.words += part.words.length
    at.octets += part.octets.length
    at.template += part.templates.length / TEMPLATE.size
    at.name += part.names.length / NAME.size
    return place
  }
  put(first)
  let done = 0
  const steers: number[] = []
  for (const { part, count, serviceAt, ecs } of answers) {
    const { words: steerAt, template } = put(part)
    steers.push(steerAt)
    const answersAt = steerAt + STEER.size
    words[steerAt + STEER.service] = serviceAt
    words[steerAt + STEER.ecs] = ecs
    words[steerAt + STEER.answersAt] = answersAt
    for (let i = answersAt; i < answersAt + count; i++) words[i] = move(words[i]!, template)
    if (++done % PARTS_PER_TURN === 0) yield
  }
  for (const { part, steered } of zones) {
    const { words: wordsAt } = put(part)
    for (const [entryAt, number] of steered) words[wordsAt + entryAt + ENTRY.steer] = steers[number]!
    if (++done % PARTS_PER_TURN === 0) yield
  }
  return { main, counters: counters.keys }
}

interface Sections {
  readonly words: Int32Array
  readonly octets: Uint8Array
  readonly templatesAt: number
  readonly namesAt: number
  readonly hashAt: number
  readonly hashMask: number
}

/** Makes the buffer, as large as it takes, with what stands in it once. */
function sectionsOf(parts: readonly Part[]): { readonly main: SharedArrayBuffer; readonly sections: Sections } {
  const total = (lengthOf: (part: Part) => number): number => parts.reduce((sum, part) => sum + lengthOf(part), 0)
  const { times, slots, refused } = parts[0] as Part
  const nameWords = total(({ names }) => names.length)
  const hashSize = hashSizeFor(nameWords / NAME.size)
  const templatesAt = FIRST_WORD + total(({ words }) => words.length)
  const namesAt = templatesAt + total(({ templates }) => templates.length)
  const hashAt = namesAt + nameWords
  const timesAt = Math.ceil((hashAt + hashSize) / 2)
  const slotsAt = (timesAt + times.length) * 4
  const octetsAt = (slotsAt + slots.length) * 2
  const main = new SharedArrayBuffer(Math.ceil((octetsAt + total(({ octets }) => octets.length)) / 8) * 8)
  const words = new Int32Array(main)
  words[HEADER.hashAt] = hashAt
  words[HEADER.hashMask] = hashSize - 1
  words[HEADER.namesAt] = namesAt
  words[HEADER.templatesAt] = templatesAt
  words[HEADER.refused] = refused
  words[HEADER.slotsAt] = slotsAt
  words[HEADER.octetsAt] = octetsAt
  words[HEADER.timesAt] = timesAt
  words[HEADER.times] = times.length
  words.fill(-1, hashAt, hashAt + hashSize)
  new Float64Array(main, timesAt * 8).set(times)
  new Uint16Array(main, slotsAt * 2).set(slots)
  const octets = new Uint8Array(main, octetsAt)
  return { main, sections: { words, octets, templatesAt, namesAt, hashAt, hashMask: hashSize - 1 } }
}

function putPart(sections: Sections, part: Part, place: Place & { readonly moved: number }, serial: number): void {
  const { words, octets } = sections
  words.set(part.words, place.words)
  octets.set(part.octets, place.octets)
  for (const at of part.serials) putSerial(octets, place.octets + at, serial)
  putTemplates(sections, part.templates, place)
  putNames(sections, part.names, place)
  indexNames(sections, place.name, part.names.length / NAME.size)
}

/** A table of one part. */
export function layOutAlone(part: Part, trees: TableBuffers['trees']): CompiledTable {
  const { main, counters } = atOnce(layOut(part, [], [], 0))
  return { buffers: { main, trees }, counters }
}

/** At most a quarter full. */
function hashSizeFor(names: number): number {
  let size = 16
  while (size < names * 4) size *= 2
  return size
}

function collectCounters() {
  const keys: CounterKey[] = []
  const numbers = new Map<string, number>()
  return {
    keys,
    numberOf(key: CounterKey): number {
      const text = counterText(key)
      const number = numbers.get(text) ?? keys.push(key) - 1
      numbers.set(text, number)
      return number
    },
  }
}

function putSerial(octets: Uint8Array, at: number, serial: number): void {
  octets[at] = serial >>> 24
  octets[at + 1] = serial >>> 16
  octets[at + 2] = serial >>> 8
  octets[at + 3] = serial
}

type Moved = Place & { readonly moved: number }

function putTemplates({ words, templatesAt }: Sections, templates: Int32Array, place: Moved): void {
  const start = templatesAt + place.template * TEMPLATE.size
  words.set(templates, start)
  for (let at = start, end = start + templates.length; at < end; at += TEMPLATE.size) {
    words[at + TEMPLATE.at]! += place.octets
    words[at + TEMPLATE.pointersAt]! += place.moved
    words[at + TEMPLATE.ttlsAt]! += place.moved
    words[at + TEMPLATE.counter] = place.counters[words[at + TEMPLATE.counter]!]!
  }
}

/** Where a number is one, and not PUNT or nothing, it moves. */
const move = (number: number, by: number): number => (number < 0 ? number : number + by)

function putNames({ words, namesAt }: Sections, names: Int32Array, place: Moved): void {
  const start = namesAt + place.name * NAME.size
  words.set(names, start)
  for (let at = start, end = start + names.length; at < end; at += NAME.size) {
    words[at + NAME.at]! += place.octets
    words[at + NAME.typesAt]! += place.moved
    words[at + NAME.other] = move(words[at + NAME.other]!, place.template)
    words[at + NAME.wildcard] = move(words[at + NAME.wildcard]!, place.name)
    words[at + NAME.below] = move(words[at + NAME.below]!, place.template)
    const typesAt = words[at + NAME.typesAt]!
    for (let entry = 0; entry < words[at + NAME.typeCount]!; entry++) {
      const template = typesAt + entry * ENTRY.size + ENTRY.template
      words[template] = move(words[template]!, place.template)
    }
  }
}

function indexNames({ words, namesAt, hashAt, hashMask }: Sections, from: number, count: number): void {
  for (let number = from; number < from + count; number++) {
    let slot = hashSlot(words[namesAt + number * NAME.size + NAME.hash]!, hashMask)
    while (words[hashAt + slot] !== -1) slot = (slot + 1) & hashMask
    words[hashAt + slot] = number
  }
}
