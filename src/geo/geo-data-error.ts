/** Geo data that cannot be used; the message names the file, what was found and what was expected. */
export class GeoDataError extends Error {
  override readonly name = 'GeoDataError'
  readonly file: string
  readonly problem: string
  /** Of other files that were refused at the same time. */
  readonly others: readonly GeoDataError[]
  constructor(file: string, problem: string, cause?: unknown, others: readonly GeoDataError[] = []) {
    super([`${file}: ${problem}`, ...others.map(({ message }) => message)].join('\n'), { cause })
    this.file = file
    this.problem = problem
    this.others = others
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Does what may refuse several files, so that all of them are known when it ends. */
export interface Refusals {
  /** Undefined when the work throws a {@link GeoDataError}, which is kept. */
  collect<T>(work: () => T): T | undefined
  /** @throws one GeoDataError for all that were kept; nothing when there were none. */
  throwAll(): void
}

export function createRefusals(): Refusals {
  const kept: GeoDataError[] = []
  return {
    collect(work) {
      try {
        return work()
      } catch (error) {
        if (!(error instanceof GeoDataError)) throw error
        kept.push(...separate(error))
        return undefined
      }
    },
    throwAll() {
      const error = together(kept)
      if (error !== null) throw error
    },
  }
}

/** One error for each file. */
export const separate = ({ file, problem, cause, others }: GeoDataError): readonly GeoDataError[] => [
  new GeoDataError(file, problem, cause),
  ...others,
]

/** One error for all of them; null for none. */
export function together(errors: readonly GeoDataError[]): GeoDataError | null {
  const [first, ...others] = errors
  return first === undefined ? null : new GeoDataError(first.file, first.problem, first.cause, others)
}
