import { CommanderError } from 'commander'
import { CommandFailure, EXIT, processIo } from './cli/io.ts'
import { createProgram } from './cli/program.ts'
import { StoreUnavailable } from './ports/store.ts'
import { StateDirectoryError } from './state/memory/numbered-files-on-disk.ts'

const io = processIo()
// A reader that went away (`nearcast share api | head`) is no fault of the command.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(EXIT.ok)
  throw error
})

try {
  await createProgram(io).parseAsync(process.argv)
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage
  else if (
    error instanceof CommandFailure ||
    error instanceof StateDirectoryError ||
    error instanceof StoreUnavailable
  ) {
    if (error.message !== '') io.say(`nearcast: ${error.message}`)
    process.exitCode = error instanceof CommandFailure ? error.exitCode : EXIT.problems
  } else throw error
}
