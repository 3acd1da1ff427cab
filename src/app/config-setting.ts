import type { z } from 'zod'

export interface Setting<T> {
  /** Keys in nearcast.yaml, from the outside in. */
  readonly path: readonly string[]
  /** Without its hyphens, where the name of the setting will not do. */
  readonly flag?: string
  /** What stands for the value in `--help`. In square brackets: may be left out, and then means `on`. */
  readonly placeholder: string
  /** Whether it takes one text or a list of them. */
  readonly takes: 'one' | 'list'
  /** From the text, or the list of texts, to the value. */
  readonly shape: z.ZodType<T>
  readonly initial: () => T
  /** As it would be written in a file; `none` for nothing. */
  readonly format: (value: T) => string
  /** Of the default, where its value differs between machines. */
  readonly initialText?: string
  /** Neither the value nor a wrong one is ever shown. */
  readonly secret?: 'yes'
  readonly help: string
}

export const plain = (value: string | null): string => value ?? 'none'
