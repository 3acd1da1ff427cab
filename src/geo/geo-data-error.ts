/** Geo data that cannot be used; the message names the file, what was found and what was expected. */
export class GeoDataError extends Error {
  override readonly name = 'GeoDataError'
  readonly file: string
  readonly problem: string
  constructor(file: string, problem: string, cause?: unknown) {
    super(`${file}: ${problem}`, { cause })
    this.file = file
    this.problem = problem
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
