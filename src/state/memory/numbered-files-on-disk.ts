import { randomUUID } from 'node:crypto'
import { watch as watchFolder } from 'node:fs'
import { link, mkdir, open, readdir, readFile, rm, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Stored } from '../stored-text.ts'
import type { NumberedFiles } from './numbered-files.ts'

/** A file past this is not read: twice what documents may have together, for what JSON adds to them. */
export const MAX_FILE_BYTES = 128 * 1024 * 1024

const POLL_MS = 2_000
const FORGOTTEN_AFTER_MS = 60 * 60 * 1_000
const SHORT_OF_MEANS = ['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EBUSY']
const TEMPORARY = /^\..+\.tmp$/
const NUMBERED = /^(\d{6,9})\.json$/
const LAST_NUMBER = 999_999_999

/** Runs something every so many milliseconds; returns the way to stop. */
export type Every = (periodMs: number, run: () => void) => () => void

export interface DiskOptions {
  readonly directory: string
  readonly nowMs: () => number
  readonly every: Every
  readonly onProblem: (message: string) => void
}

/**
 * Files `000001.json`, … in a folder, which is made if need be.
 * @throws Error, naming the folder and the remedy, when it cannot be made or written.
 */
export async function numberedFilesOnDisk(options: DiskOptions): Promise<NumberedFiles> {
  const { directory, every, onProblem } = options
  await prepare(directory, options.nowMs())
  const pathOf = (number: number): string => join(directory, `${String(number).padStart(6, '0')}.json`)

  return {
    name: directory,
    numbers: async () => {
      const names = await readdir(directory)
      return names
        .flatMap((name) => NUMBERED.exec(name)?.[1] ?? [])
        .map(Number)
        .sort((a, b) => a - b)
    },
    read: (number) => readWhole(pathOf(number)),
    create: async (number, text) => {
      if (number > LAST_NUMBER)
        throw new Error(`${directory} holds number ${number - 1}, after which there is none; take that file away`)
      return createWhole(directory, pathOf(number), text)
    },
    remove: (number) => rm(pathOf(number), { force: true }),
    watch: (mayHaveChanged) => {
      const stopPolling = every(POLL_MS, mayHaveChanged)
      const stopWatching = watchEvents(directory, mayHaveChanged, onProblem)
      return () => {
        stopPolling()
        stopWatching()
      }
    },
  }
}

/** The state directory cannot be used; the message says why, and what to do. */
export class StateDirectoryError extends Error {
  override readonly name = 'StateDirectoryError'
}

/** Makes the folder, proves that it can be written, and clears away what a killed process left half-written. */
async function prepare(directory: string, nowMs: number): Promise<void> {
  try {
    await mkdir(directory, { recursive: true })
    const probe = join(directory, `.${randomUUID()}.tmp`)
    await (await open(probe, 'wx')).close()
    await unlink(probe)
  } catch (error) {
    throw new StateDirectoryError(
      `the state directory ${directory} cannot be written (${messageOf(error)}); ` +
        'let the user that runs Nearcast write it, or give another one with --state',
      { cause: error },
    )
  }
  for (const name of await readdir(directory)) {
    if (!TEMPORARY.test(name)) continue
    const path = join(directory, name)
    // Another process may be writing it this moment, or have finished since.
    const age = await stat(path).then(
      ({ mtimeMs }) => nowMs - mtimeMs,
      () => 0,
    )
    if (age > FORGOTTEN_AFTER_MS) await rm(path, { force: true })
  }
}

async function readWhole(path: string): Promise<Stored<string> | null> {
  try {
    const { size } = await stat(path)
    if (size > MAX_FILE_BYTES)
      return { ok: false, problem: `it has ${size} octets; more than ${MAX_FILE_BYTES} are not read` }
    return { ok: true, value: await readFile(path, 'utf8') }
  } catch (error) {
    const code = codeOf(error) ?? ''
    if (code === 'ENOENT') return null
    // To pass over a good file for want of a descriptor would make an older one the newest.
    if (SHORT_OF_MEANS.includes(code)) throw error
    return { ok: false, problem: messageOf(error) }
  }
}

/**
 * The whole text appears under its name at once, or not at all: it is written and synced under another name first. `link` and
 * not `rename` gives it its name, because `rename` would replace what another process has just put there.
 */
async function createWhole(directory: string, path: string, text: string): Promise<boolean> {
  const size = Buffer.byteLength(text)
  if (size > MAX_FILE_BYTES)
    throw new Error(`${path} would have ${size} octets; the most is ${MAX_FILE_BYTES}. Nothing was written.`)
  const temporary = join(directory, `.${randomUUID()}.tmp`)
  try {
    const file = await open(temporary, 'wx')
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await link(temporary, path)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw new Error(`${path} could not be written: ${messageOf(error)}. Nothing was changed.`, { cause: error })
  } finally {
    await rm(temporary, { force: true })
  }
  await syncFolder(directory)
  return true
}

/** A new name is durable only when its folder is (fsync(2), NOTES). */
async function syncFolder(directory: string): Promise<void> {
  const folder = await open(directory, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function watchEvents(directory: string, mayHaveChanged: () => void, onProblem: (message: string) => void): () => void {
  try {
    const watcher = watchFolder(directory, () => mayHaveChanged())
    watcher.on('error', (error) =>
      onProblem(`${directory} cannot be watched any more: ${error.message}; looking every ${POLL_MS} ms`),
    )
    return () => watcher.close()
  } catch (error) {
    onProblem(`${directory} cannot be watched: ${messageOf(error)}; looking every ${POLL_MS} ms instead`)
    return () => {}
  }
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
