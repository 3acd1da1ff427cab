import { createHash } from 'node:crypto'
import type { SourceDocument } from '../domain/revision.ts'

/** SHA-256 over paths and texts, hex. The same set has the same digest in whatever order its documents come. */
export function revisionDigest(documents: readonly SourceDocument[]): string {
  const pairs = documents.map(({ path, text }) => [path, text]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
  // JSON marks where a path or a text ends, so that no two sets run together into the same octets.
  return createHash('sha256').update(JSON.stringify(pairs)).digest('hex')
}
