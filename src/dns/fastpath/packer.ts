import type { WireName } from '../wire/name.ts'
import type { Rendered } from './render.ts'
import { type CounterKey, HASH_SEED, HEADER, hashOctet, hashSlot, NAME, PUNT, TEMPLATE } from './table.ts'

/** Collects the parts of a table, and lays them out in one buffer. Templates that are one object are packed once. */
export interface Packer {
  readonly counters: CounterKey[]
  /** @returns where they stand */
  words(values: readonly number[]): number
  slots(values: Uint16Array): number
  /** @returns its number */
  time(value: number): number
  /** @returns its number, or PUNT for null */
  template(rendered: Rendered | null): number
  refused(rendered: Rendered | null): void
  /** Names get their numbers in order. `rest` are the fields behind the name's. */
  name(name: WireName, rest: readonly number[]): void
  finish(): SharedArrayBuffer
}

export function createPacker(): Packer {
  const words: number[] = new Array<number>(HEADER.size).fill(0)
  const octets: number[] = []
  const slots: number[] = []
  const times: number[] = []
  const templates: number[] = []
  const names: number[] = []
  const counters: CounterKey[] = []
  const counterOf = new Map<string, number>()
  const templateOf = new Map<Rendered, number>()
  const equalSlots = new Map<string, number>()
  let refused: number = PUNT

  const putWords = (values: readonly number[]): number => {
    const at = words.length
    for (const value of values) words.push(value | 0)
    return at
  }
  const putOctets = (values: Uint8Array): number => {
    const at = octets.length
    for (const value of values) octets.push(value)
    return at
  }
  const counter = ({ rcode, service, endpoint, outcome }: CounterKey): number => {
    const key = `${rcode}|${service}|${endpoint}|${outcome}`
    const index = counterOf.get(key) ?? counters.push({ rcode, service, endpoint, outcome }) - 1
    counterOf.set(key, index)
    return index
  }
  const putTemplate = (rendered: Rendered): number => {
    const number = templates.length / TEMPLATE.size
    const { octets: body, counts, flags, rcode, error, pointers, nameLength, ttls } = rendered
    const lists = [putWords(pointers), pointers.length, nameLength, putWords(ttls), ttls.length]
    templates.push(putOctets(body), body.length, ...counts, flags, rcode, error, ...lists, counter(rendered))
    return number
  }
  const template = (rendered: Rendered | null): number => {
    if (rendered === null) return PUNT
    const known = templateOf.get(rendered) ?? putTemplate(rendered)
    templateOf.set(rendered, known)
    return known
  }

  return {
    counters,
    words: putWords,
    slots(values) {
      const key = Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('latin1')
      const known = equalSlots.get(key)
      if (known !== undefined) return known
      const at = slots.length
      for (const value of values) slots.push(value)
      equalSlots.set(key, at)
      return at
    },
    time: (value) => times.push(value) - 1,
    template,
    refused(rendered) {
      refused = template(rendered)
    },
    name(name, rest) {
      names.push(hashOf(name), putOctets(Buffer.from(name, 'latin1')), name.length, ...rest)
    },
    finish() {
      const templatesAt = putWords(templates)
      const namesAt = putWords(names)
      const { index, mask } = indexNames(names)
      const hashAt = putWords(index)
      const timesAt = Math.ceil((words.length * 4) / 8)
      const slotsAt = (timesAt + times.length) * 4
      const octetsAt = (slotsAt + slots.length) * 2
      words[HEADER.hashAt] = hashAt
      words[HEADER.hashMask] = mask
      words[HEADER.namesAt] = namesAt
      words[HEADER.templatesAt] = templatesAt
      words[HEADER.refused] = refused
      words[HEADER.slotsAt] = slotsAt
      words[HEADER.octetsAt] = octetsAt
      words[HEADER.timesAt] = timesAt
      words[HEADER.times] = times.length
      const buffer = new SharedArrayBuffer(Math.ceil((octetsAt + octets.length) / 8) * 8)
      new Int32Array(buffer).set(words)
      new Float64Array(buffer, timesAt * 8).set(times)
      new Uint16Array(buffer, slotsAt * 2).set(slots)
      new Uint8Array(buffer, octetsAt).set(octets)
      return buffer
    },
  }
}

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

/** At most a quarter full. */
function indexNames(names: readonly number[]): { readonly index: readonly number[]; readonly mask: number } {
  const count = names.length / NAME.size
  let size = 16
  while (size < count * 4) size *= 2
  const mask = size - 1
  const index = new Array<number>(size).fill(-1)
  for (let number = 0; number < count; number++) {
    let slot = hashSlot(names[number * NAME.size + NAME.hash] ?? 0, mask)
    while (index[slot] !== -1) slot = (slot + 1) & mask
    index[slot] = number
  }
  return { index, mask }
}
