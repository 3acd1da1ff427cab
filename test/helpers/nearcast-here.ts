import { CommandFailure, type Io } from '../../src/cli/io.ts'
import { createProgram } from '../../src/cli/program.ts'
import { type Run, settingsOf } from './nearcast.ts'
import type { TestFolders } from './node.ts'

/** Runs one command in this process, which saves the start of another one for every row. */
export async function nearcastHere(args: readonly string[], folders: TestFolders): Promise<Run> {
  const [out, err]: [string[], string[]] = [[], []]
  const io: Io = {
    out: (text) => out.push(text),
    say: (text) => err.push(text),
    redraw: () => {},
    paint: (_format, text) => text,
    env: {},
    nowMs: Date.now,
    isTerminal: true,
  }
  const done = (code: number): Run => ({ code, out: out.join('\n'), err: err.join('\n') })
  try {
    await createProgram(io).parseAsync([...args, ...settingsOf(folders)], { from: 'user' })
    return done(0)
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error
    err.push(error.message)
    return done(error.exitCode)
  }
}
