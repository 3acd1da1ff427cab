import { readFile } from 'node:fs/promises'
import type { Schedule } from '../ports/schedule.ts'
import {
  type KeyPair,
  type PairFiles,
  type PairRead,
  readKeyPair,
  type Validity,
  validityOf,
} from './tls-certificate.ts'

export interface CertificateOptions extends PairFiles {
  readonly nowMs: () => number
  readonly schedule: Schedule
  /** Files that cannot be used, or a certificate near its end; sentences for the log. */
  readonly onProblem: (message: string) => void
  readonly onReload: (message: string) => void
}

/** The certificate in force. */
export interface Certificate {
  current(): KeyPair
  /** Told of each new one; returns the way to be told no more. */
  subscribe(listener: (pair: KeyPair) => void): () => void
  close(): void
}

/** Both files are read so often: links that are swapped and network file systems send no events that could be relied on. */
const POLL_MS = 5_000

/**
 * Loads a certificate, and loads it again when its files change. Files that cannot be used keep the one in force: a key that
 * is written after its certificate is simply found at the next look.
 * @throws Error naming the file and what is wrong with it, when there is nothing to start with
 */
export async function watchCertificate(options: CertificateOptions): Promise<Certificate> {
  const { certFile, keyFile, nowMs, schedule, onProblem, onReload } = options
  const listeners = new Set<(pair: KeyPair) => void>()
  const first = await readFiles(options)
  if (!first.ok) throw new Error(first.problem)
  let pair = first.pair
  let told = ''
  let warned: Validity = 'valid'
  let state: 'open' | 'closed' = 'open'
  let cancelPoll = (): void => {}

  const judgeDates = (): void => {
    const validity = validityOf(pair, nowMs())
    if (validity !== warned && validity !== 'valid')
      onProblem(`the certificate in ${certFile} (${pair.names}) ${SAYING[validity](pair)}`)
    warned = validity
  }
  const adopt = (next: KeyPair): void => {
    pair = next
    warned = 'valid'
    onReload(`the certificate in ${certFile} (${pair.names}) is in force, valid to ${dateOf(pair.validToMs)}`)
    for (const listener of listeners) listener(pair)
  }
  const look = async (): Promise<void> => {
    const read = await readFiles(options, pair)
    if (state === 'closed') return
    const problem = read.ok ? '' : read.problem
    if (problem !== '' && problem !== told)
      onProblem(
        `${problem}. The certificate for ${pair.names} stays in force; the files ${certFile} and ${keyFile} are looked at again`,
      )
    told = problem
    if (read.ok && read.pair !== pair) adopt(read.pair)
    judgeDates()
    cancelPoll = schedule(() => void look(), POLL_MS)
  }

  judgeDates()
  cancelPoll = schedule(() => void look(), POLL_MS)
  return {
    current: () => pair,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close() {
      state = 'closed'
      cancelPoll()
      listeners.clear()
    },
  }
}

/** @param known comes back as it is when the files still hold it */
async function readFiles({ certFile, keyFile }: PairFiles, known?: KeyPair): Promise<PairRead> {
  const [cert, key] = await Promise.all([contentOf(certFile), contentOf(keyFile)])
  if ('problem' in cert) return { ok: false, problem: cert.problem }
  if ('problem' in key) return { ok: false, problem: key.problem }
  if (known?.cert.equals(cert.content) && known.key.equals(key.content)) return { ok: true, pair: known }
  return readKeyPair({ certFile, keyFile }, cert.content, key.content)
}

async function contentOf(file: string): Promise<{ readonly content: Buffer } | { readonly problem: string }> {
  try {
    return { content: await readFile(file) }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return { problem: `${file} cannot be read: ${REASONS[code ?? ''] ?? message}` }
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file is there',
  EACCES: 'not permitted',
  EISDIR: 'it is a folder',
}

const SAYING: Readonly<Record<Exclude<Validity, 'valid'>, (pair: KeyPair) => string>> = {
  notYet: ({ validFromMs }) => `is not valid before ${dateOf(validFromMs)}: clients will not accept it`,
  nearEnd: ({ validToMs }) => `expires ${dateOf(validToMs)}`,
  expired: ({ validToMs }) => `has expired ${dateOf(validToMs)}: clients will not accept it`,
}

const dateOf = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('.000Z', ' UTC')
