/**
 * What one node remembers for its own next start: health of the last run, latency. It is a help, not a record: what is lost or
 * damaged is learnt anew. Each name is one JSON file, replaced whole.
 */

import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

const MOST_OCTETS = 64 * 1024 * 1024
const FOLDER = 'node'
const NAME = /^[a-z][a-z0-9-]{0,63}$/

/**
 * Replaces what is remembered under `name` (`health`, `latency`) below the state directory. Not twice at once for one name.
 * @throws Error naming the file, when it cannot be written; then what was there before stays.
 */
export async function saveNodeMemory(directory: string, name: string, value: object): Promise<void> {
  const folder = join(directory, FOLDER)
  const path = join(folder, `${checkedName(name)}.json`)
  const temporary = join(folder, `.${name}.${randomUUID()}.tmp`)
  try {
    const text = `${JSON.stringify(value)}\n`
    const octets = Buffer.byteLength(text)
    if (octets > MOST_OCTETS) throw new Error(`it would have ${octets} octets, the most is ${MOST_OCTETS}`)
    await mkdir(folder, { recursive: true })
    const file = await open(temporary, 'wx')
    try {
      await file.writeFile(text)
      // Without it a crash of the machine may leave the new name with no content (rename(2) is atomic, not durable).
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw new Error(`${path} could not be written: ${(error as Error).message}. What was there before stays.`, {
      cause: error,
    })
  }
}

/** {@link readNodeMemory} for the node whose memory it is: clears away what a killed process left half-written under this name. */
export async function loadNodeMemory(
  directory: string,
  name: string,
  onProblem: (message: string) => void,
): Promise<unknown> {
  await clearHalfWritten(join(directory, FOLDER), checkedName(name))
  return readNodeMemory(directory, name, onProblem)
}

/**
 * What was saved under `name`; null when there is nothing. Damaged, oversized or unreadable memory is reported and ignored. The node may be
 * writing meanwhile: it is not disturbed.
 */
export async function readNodeMemory(
  directory: string,
  name: string,
  onProblem: (message: string) => void,
): Promise<unknown> {
  const path = join(directory, FOLDER, `${checkedName(name)}.json`)
  try {
    const { size } = await stat(path)
    if (size > MOST_OCTETS) throw new Error(`it has ${size} octets, more than ${MOST_OCTETS} are not read`)
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      onProblem(`${path} is ignored, and learnt anew: ${(error as Error).message}`)
    return null
  }
}

/** Names come from the code; anything else would be a path. */
function checkedName(name: string): string {
  if (!NAME.test(name)) throw new RangeError(`memory name is ${JSON.stringify(name)}, expected one like "health"`)
  return name
}

async function clearHalfWritten(folder: string, name: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  const left = names.filter((file) => file.startsWith(`.${name}.`) && file.endsWith('.tmp'))
  for (const file of left) await rm(join(folder, file), { force: true }).catch(() => {})
}
