import type { Stats } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from '../domain/problem.ts'
import type { SourceDocument } from '../domain/revision.ts'
import { decodeDocument, tooLarge } from '../policy/decode-document.ts'
import { MAX_DOCUMENT_BYTES, MAX_DOCUMENTS } from '../policy/limits.ts'
import { unreadable, walkPolicyDirectory } from './policy-tree.ts'

export { watchPolicyDirectory } from './watch-policy-directory.ts'

export interface PolicyDirectory {
  /** In order of path. */
  readonly documents: readonly SourceDocument[]
  /** What could not be read, and is not among the documents: such a set must not replace a good one. */
  readonly problems: readonly Problem[]
}

/** All policy documents below the directory. Total: what goes wrong is among the problems. */
export async function readPolicyDirectory(directory: string): Promise<PolicyDirectory> {
  const { files, problems } = await walkPolicyDirectory(directory)
  // One more than there may be is enough to be refused for it.
  const wanted = files.slice(0, MAX_DOCUMENTS + 1)
  const found = await Promise.all(wanted.map(({ path, stats }) => readDocument(directory, path, stats)))
  const [documents, unread]: [SourceDocument[], Problem[]] = [[], []]
  for (const entry of found) {
    if (entry !== null && 'text' in entry) documents.push(entry)
    else if (entry !== null) unread.push(entry)
  }
  return { documents, problems: [...problems, ...unread] }
}

async function readDocument(directory: string, path: string, stats: Stats): Promise<SourceDocument | Problem | null> {
  if (stats.size > MAX_DOCUMENT_BYTES) return tooLarge(path, stats.size)
  try {
    return decodeDocument(path, await readFile(join(directory, path)))
  } catch (error) {
    // Deleted since it was listed: as if it had never been there. The deletion is a change of its own.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    return unreadable(path, error as Error)
  }
}
