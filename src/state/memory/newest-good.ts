import type { Stored } from '../stored-text.ts'
import type { NumberedFiles } from './numbered-files.ts'

export interface Numbered<T> {
  readonly number: number
  readonly value: T
}

/** A row of numbered files of one kind, of which damaged ones are passed over. */
export interface NewestGood<T> {
  readonly files: NumberedFiles
  newest(): Promise<Numbered<T> | null>
  /** The newest, and the number after all that are there, readable or not. */
  state(): Promise<{ readonly newest: Numbered<T> | null; readonly nextNumber: number }>
  /** At most `limit` readable ones. */
  newestFirst(limit: number): Promise<T[]>
  get(number: number): Promise<T | null>
  /** False when another was faster. */
  add(number: number, text: string): Promise<boolean>
  /** Deletes all but the newest `count` files. */
  keepNewest(count: number): Promise<void>
}

export function newestGood<T>(
  files: NumberedFiles,
  parse: (text: string, number: number) => Stored<T>,
  onProblem: (message: string) => void,
): NewestGood<T> {
  const reported = new Set<number>()
  // Files never change once written, so what was read and found good needs no second reading.
  const cache: { last: Numbered<T> | null } = { last: null }

  async function get(number: number): Promise<T | null> {
    if (cache.last?.number === number) return cache.last.value
    const text = await files.read(number)
    if (text === null) return null
    const stored = text.ok ? parse(text.value, number) : text
    if (stored.ok) return stored.value
    if (!reported.has(number)) {
      reported.add(number)
      onProblem(`${files.name}: number ${number} is passed over: ${stored.problem}`)
    }
    return null
  }

  async function newestOf(numbers: readonly number[]): Promise<Numbered<T> | null> {
    for (const number of numbers.toReversed()) {
      const value = await get(number)
      if (value === null) continue
      cache.last = { number, value }
      return cache.last
    }
    return null
  }

  return {
    files,
    newest: async () => newestOf(await files.numbers()),
    state: async () => {
      const numbers = await files.numbers()
      return { newest: await newestOf(numbers), nextNumber: (numbers.at(-1) ?? 0) + 1 }
    },
    newestFirst: async (limit) => {
      const found: T[] = []
      for (const number of (await files.numbers()).toReversed()) {
        if (found.length >= limit) break
        const value = await get(number)
        if (value !== null) found.push(value)
      }
      return found
    },
    get,
    add: (number, text) => files.create(number, text),
    keepNewest: async (count) => {
      const numbers = await files.numbers()
      for (const number of numbers.slice(0, Math.max(0, numbers.length - count))) {
        // What cannot be deleted stays: that harms nobody, and the commit before it stands.
        await files
          .remove(number)
          .catch((error: Error) => onProblem(`${files.name}: number ${number} stays: ${error.message}`))
      }
    },
  }
}
