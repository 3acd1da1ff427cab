import { styleText } from 'node:util'

type Format = Parameters<typeof styleText>[0]

/** What a command may touch of the process it runs in. */
export interface Io {
  /** Results: standard output. */
  out(text: string): void
  /** Everything said to a person beside the result: standard error. */
  say(text: string): void
  /** Standard error without a line end, for progress on a terminal. */
  redraw(text: string): void
  paint(format: Format, text: string): string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly nowMs: () => number
  /** Standard error is a terminal: a progress line may be redrawn. */
  readonly isTerminal: boolean
}

/** Exit codes, as `--help` lists them. */
export const EXIT = { ok: 0, problems: 1, usage: 2 } as const

/** Ends a command with a message and an exit code; the one kind of error that a command throws on purpose. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
  readonly exitCode: number
  constructor(message: string, exitCode: number = EXIT.problems) {
    super(message)
    this.exitCode = exitCode
  }
}

export function processIo(): Io {
  return {
    out: (text) => process.stdout.write(`${text}\n`),
    say: (text) => process.stderr.write(`${text}\n`),
    redraw: (text) => process.stderr.write(text),
    paint: (format, text) => styleText(format, text, { stream: process.stdout }),
    env: process.env,
    nowMs: Date.now,
    isTerminal: process.stderr.isTTY === true,
  }
}
