import type { Stored } from '../stored-text.ts'

/**
 * A growing row of small files, 1, 2, 3, …, that are written once and never changed. Who creates a number first has it:
 * that is all the locking there is, and it holds between processes.
 */
export interface NumberedFiles {
  /** What messages call it, such as `.nearcast/revisions`. */
  readonly name: string
  /** Ascending. */
  numbers(): Promise<number[]>
  /**
   * Null when it is not there; a problem when it is damaged or may not be read.
   * @throws Error when it may well be good, but the system has no means to read it now.
   */
  read(number: number): Promise<Stored<string> | null>
  /** Atomic, and durable when it resolves. False when the number is taken; then nothing was written. */
  create(number: number, text: string): Promise<boolean>
  remove(number: number): Promise<void>
  /** Calls when something may have changed: now and then for nothing, never too seldom. Returns the way to stop. */
  watch(mayHaveChanged: () => void): () => void
}

/** The same in this process's memory only. */
export function numberedFilesInMemory(name: string): NumberedFiles {
  const texts = new Map<number, string>()
  return {
    name,
    numbers: async () => [...texts.keys()],
    read: async (number) => {
      const text = texts.get(number)
      return text === undefined ? null : { ok: true, value: text }
    },
    create: async (number, text) => {
      if (texts.has(number)) return false
      texts.set(number, text)
      return true
    },
    remove: async (number) => void texts.delete(number),
    // Nobody else can change it, and the store tells its own changes by itself.
    watch: () => () => {},
  }
}
