/** As long as a line of a status page. */
const MOST_SHOWN = 120

/** What the other side sent, for people: one line, no control characters, cut. */
export function shown(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim()
  return line.length > MOST_SHOWN ? `${line.slice(0, MOST_SHOWN - 1).toWellFormed()}…` : line
}

const CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused: nothing listens there',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was reset',
  ETIMEDOUT: 'the connection timed out in the system',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  EADDRNOTAVAIL: 'no address or port to connect from',
  EMFILE: 'no file descriptors left',
  ENFILE: 'no file descriptors left on this machine',
  UND_ERR_HEADERS_OVERFLOW: 'the headers of the answer are too long',
  UND_ERR_SOCKET: 'the connection ended before the answer did',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer is not as long as it says',
}

/** What an error says, in words for people. */
export function errorWords(error: unknown): string {
  if (!(error instanceof Error)) return shown(String(error))
  const { code, reason } = error as { code?: unknown; reason?: unknown }
  const words = typeof code === 'string' ? CODES[code] : undefined
  if (words !== undefined) return words
  // OpenSSL puts its file and line into the message; the reason is `wrong version number`.
  if (typeof reason === 'string') return `TLS: ${shown(reason)}`
  // Node advises its own command line; which authorities are trusted here is said in docs/health.md.
  const message = error.message.replace(/; if the root CA is installed locally,.*/, '')
  return shown(message === '' ? String(code ?? error.name) : message)
}
