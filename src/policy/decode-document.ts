import type { Problem } from '../domain/problem.ts'
import type { SourceDocument } from '../domain/revision.ts'
import { MAX_DOCUMENT_BYTES } from './limits.ts'

/** Octets of a file → text. The problem when they are too many or no UTF-8. A byte order mark is dropped. */
export function decodeDocument(path: string, bytes: Uint8Array): SourceDocument | Problem {
  if (bytes.length > MAX_DOCUMENT_BYTES) return tooLarge(path, bytes.length)
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
export function tooLarge(path: string, octets: number): Problem {
  return {
    severity: 'error',
    rule: 'document-too-large',
    at: { file: path, line: 1, column: 1 },
    path: '',
    message: `the document has ${octets} octets, the limit is ${MAX_DOCUMENT_BYTES} (1 MiB)`,
    hint: 'split it into several documents',
  }
}

/** A lenient decoder puts U+FFFD where it cannot read on; the first that the octets themselves do not spell is the place. */
function positionOfBadOctet(bytes: Uint8Array): { readonly line: number; readonly column: number } {
  const lenient = new TextDecoder('utf-8').decode(bytes)
  const encoder = new TextEncoder()
  let offset = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  let line = 1
  let column = 1
  for (const character of lenient) {
    const octets = encoder.encode(character)
    if (octets.some((octet, i) => bytes[offset + i] !== octet)) break
    offset += octets.length
    column += character.length
    if (character === '\n') {
      line++
      column = 1
    }
  }
  return { line, column }
}
