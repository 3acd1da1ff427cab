import type { WireName } from '../wire/name.ts'
import { growableHalfWords, growableOctets, growableWords } from './growable.ts'
import type { Rendered } from './render.ts'
import { type CounterKey, HASH_SEED, hashOctet, PUNT, TEMPLATE } from './table.ts'

/** Part of a table, packed. Offsets count from its own start: `layOut` (layout.ts) puts parts behind one another. */
export interface Part {
  /** Pointers, TTLs, entries; in the first part of a table services, plans and what steers as well. */
  readonly words: Int32Array
  readonly templates: Int32Array
  readonly names: Int32Array
  readonly octets: Uint8Array
  /** Offsets into the octets at which the serial of the revision stands. */
  readonly serials: Int32Array
  readonly counters: readonly CounterKey[]
  readonly slots: Uint16Array
  readonly times: Float64Array
  /** Template for a name outside all zones. */
  readonly refused: number
}

/** Collects a part of a table. Templates that are one object are packed once. */
export interface Packer {
  /** @returns where they stand */
  words(values: readonly number[]): number
  slots(values: Uint16Array): number
  /** @returns its number */
  time(value: number): number
  /** @returns its number, or PUNT for null */
  template(rendered: Rendered | null): number
  refused(rendered: Rendered | null): void
  /** `rest` are the fields behind the name's. @returns its number */
  name(name: WireName, rest: readonly number[]): number
  finish(): Part
}

/** @param wordsAt where the words of this part begin, when that is known before */
export function createPacker(wordsAt = 0): Packer {
  const words = growableWords()
  const octets = growableOctets()
  const templates = growableWords()
  const names = growableWords()
  const serials = growableWords()
  const slots = growableHalfWords()
  const times: number[] = []
  const counters: CounterKey[] = []
  const counterOf = new Map<string, number>()
  const templateOf = new Map<Rendered, number>()
  const equalSlots = new Map<string, number>()
  let nameCount = 0
  let refused: number = PUNT

  const putWords = (values: readonly number[]): number => wordsAt + words.append(values)
  const counter = ({ rcode, service, endpoint, outcome }: CounterKey): number => {
    const key = counterText({ rcode, service, endpoint, outcome })
    const index = counterOf.get(key) ?? counters.push({ rcode, service, endpoint, outcome }) - 1
    counterOf.set(key, index)
    return index
  }
  const putTemplate = (rendered: Rendered): number => {
    const number = templates.length() / TEMPLATE.size
    const { octets: body, counts, flags, rcode, error, pointers, nameLength, ttls, serialAt } = rendered
    const lists = [putWords(pointers), pointers.length, nameLength, putWords(ttls), ttls.length]
    const at = octets.append(body)
    if (serialAt !== null) serials.push(at + serialAt)
    templates.append([at, body.length, ...counts, flags, rcode, error, ...lists, counter(rendered)])
    return number
  }
  const template = (rendered: Rendered | null): number => {
    if (rendered === null) return PUNT
    const known = templateOf.get(rendered) ?? putTemplate(rendered)
    templateOf.set(rendered, known)
    return known
  }

  return {
    words: putWords,
    slots(values) {
      const key = Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('latin1')
      const known = equalSlots.get(key) ?? slots.append(values)
      equalSlots.set(key, known)
      return known
    },
    time: (value) => times.push(value) - 1,
    template,
    refused(rendered) {
      refused = template(rendered)
    },
    name(name, rest) {
      names.append([hashOf(name), octets.append(Buffer.from(name, 'latin1')), name.length, ...rest])
      return nameCount++
    },
    finish: () => ({
      words: words.finish(),
      templates: templates.finish(),
      names: names.finish(),
      octets: octets.finish(),
      serials: serials.finish(),
      counters,
      slots: slots.finish(),
      times: times.length === 0 ? NO_TIMES : Float64Array.from(times),
      refused,
    }),
  }
}

const NO_TIMES = new Float64Array(0)

/** Equal for what is counted together. */
export const counterText = ({ rcode, service, endpoint, outcome }: CounterKey): string =>
  `${rcode}|${service}|${endpoint}|${outcome}`

/** Labels from the last to the first, as the packet path meets them. */
function hashOf(name: WireName): number {
  const starts: number[] = []
  for (let at = 0; name.charCodeAt(at) !== 0; at += 1 + name.charCodeAt(at)) starts.push(at)
  let hash = HASH_SEED
  for (const start of starts.reverse()) {
    const end = start + 1 + name.charCodeAt(start)
    for (let i = start; i < end; i++) hash = hashOctet(hash, name.charCodeAt(i))
  }
  return hash
}
