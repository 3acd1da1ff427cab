import type { Problem } from '../domain/problem.ts'
import type { SourceDocument } from '../domain/revision.ts'
import { MAX_DOCUMENT_BYTES } from './limits.ts'

/** Octets of a file → text. The problem when they are too many or no UTF-8. A byte order mark is dropped. */
export function decodeDocument(path: string, bytes: Uint8Array, most = MAX_DOCUMENT_BYTES): SourceDocument | Problem {
  if (bytes.length > most) return tooLarge(path, bytes.length, most)
  try {
    return { path, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return {
      severity: 'error',
      rule: 'invalid-utf8',
      at: { file: path, ...positionOfBadOctet(bytes) },
      path: '',
      message: 'the document is not valid UTF-8',
      hint: 'save it as UTF-8',
    }
  }
}

/** Sizes are judged by octets, whichever way a document came. */
export function tooLarge(path: string, octets: number, most = MAX_DOCUMENT_BYTES): Problem {
  return {
    severity: 'error',
    rule: 'document-too-large',
    at: { file: path, line: 1, column: 1 },
    path: '',
    message: `the document has ${octets} octets, the limit is ${most} (${most / 1_048_576} MiB)`,
    hint: 'split it into several documents',
  }
}

/** Where the text ends that can be read: a decoder of parts tells as soon as it cannot go on. */
function positionOfBadOctet(bytes: Uint8Array): { readonly line: number; readonly column: number } {
  const textOf = (length: number): string | null => {
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream: true })
    } catch {
      return null
    }
  }
  // The longest beginning that is well-formed, but for a character that is cut off at its end.
  let [good, bad] = [0, bytes.length + 1]
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (textOf(middle) === null) bad = middle
    else good = middle
  }
  const before = textOf(good) ?? ''
  const lastLine = before.slice(before.lastIndexOf('\n') + 1)
  return { line: before.split('\n').length, column: lastLine.length + 1 }
}
