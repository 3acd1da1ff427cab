import type { Stats } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from '../domain/problem.ts'
import type { SourceDocument } from '../domain/revision.ts'
import { decodeDocument, tooLarge } from '../policy/decode-document.ts'
import { MAX_DOCUMENT_BYTES, MAX_DOCUMENTS, MAX_MASTER_FILE_BYTES } from '../policy/limits.ts'
import { isGivenPath } from '../policy/master-file/document-path.ts'
import { filesNamedBy, isYamlPath } from '../policy/master-file/named-files.ts'
import type { ZoneFile } from './config-values.ts'
import { unreadable, walkPolicyDirectory } from './policy-tree.ts'
import { findZoneFiles, systemPathOf } from './zone-files.ts'

export { watchPolicyDirectory } from './watch-policy-directory.ts'

export interface PolicyDirectory {
  /** In order of path. */
  readonly documents: readonly SourceDocument[]
  /** What could not be read, and is not among the documents: such a set must not replace a good one. */
  readonly problems: readonly Problem[]
  /** Paths of the file system that documents name as master files, whether or not they are there. */
  readonly named: readonly string[]
}

/**
 * All policy documents below the directory, the master files that they name, and those of `zones`. Total: what goes wrong is
 * among the problems.
 */
export async function readPolicyDirectory(
  directory: string,
  zones: readonly ZoneFile[] = [],
): Promise<PolicyDirectory> {
  const tree = await walkPolicyDirectory(directory)
  const given = await findZoneFiles(zones)
  const read = new Map<string, SourceDocument | Problem | null>()
  const named: string[] = []
  const fileOf = (path: string): string => (isGivenPath(path) ? systemPathOf(path) : join(directory, path))

  // One more than there may be is enough to be refused for it.
  let wanted: readonly Wanted[] = [...tree.files, ...given.files].slice(0, MAX_DOCUMENTS + 1)
  while (wanted.length > 0) {
    const next = new Set<string>()
    await inBatches(wanted, async ({ path, stats }) => {
      const entry = await readDocument(path, fileOf(path), stats)
      read.set(path, entry)
      if (isDocument(entry)) for (const name of filesNamedBy(entry)) next.add(name)
    })
    const unread = [...next].filter((path) => !read.has(path) && !isYamlPath(path))
    named.push(...unread.map(fileOf))
    wanted = unread.slice(0, Math.max(0, MAX_DOCUMENTS + 1 - read.size)).map((path) => ({ path, stats: null }))
  }

  const [documents, unread]: [SourceDocument[], Problem[]] = [[], []]
  for (const entry of read.values()) {
    if (isDocument(entry)) documents.push(entry)
    else if (entry !== null) unread.push(entry)
  }
  documents.sort((a, b) => (a.path < b.path ? -1 : 1))
  return { documents, problems: [...tree.problems, ...given.problems, ...unread], named }
}

interface Wanted {
  readonly path: string
  /** Null where nobody has looked yet. */
  readonly stats: Stats | null
}

const isDocument = (entry: SourceDocument | Problem | null): entry is SourceDocument =>
  entry !== null && 'text' in entry

/** Each has a file open for a while, and of open files there may be no more than 1,024. */
const AT_ONCE = 64

async function inBatches<T>(items: readonly T[], run: (item: T) => Promise<void>): Promise<void> {
  for (let from = 0; from < items.length; from += AT_ONCE) await Promise.all(items.slice(from, from + AT_ONCE).map(run))
}

async function readDocument(path: string, file: string, known: Stats | null): Promise<SourceDocument | Problem | null> {
  const most = isYamlPath(path) ? MAX_DOCUMENT_BYTES : MAX_MASTER_FILE_BYTES
  try {
    const stats = known ?? (await stat(file))
    // To read a pipe could take for ever. Who names it is told that there is no such file.
    if (!stats.isFile()) return null
    if (stats.size > most) return tooLarge(path, stats.size, most)
    return decodeDocument(path, await readFile(file), most)
  } catch (error) {
    // Deleted since it was listed, or never there: as if nobody had listed it. The deletion is a change of its own.
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    return unreadable(path, error as Error)
  }
}
