import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'

/** A certificate with its chain, and its key; both PEM. */
export interface KeyPair {
  readonly cert: Buffer
  readonly key: Buffer
  /** What the certificate is for, as its subject alternative names or its subject say. */
  readonly names: string
  readonly validFromMs: number
  readonly validToMs: number
}

export interface PairFiles {
  readonly certFile: string
  readonly keyFile: string
}

export type PairRead =
  | { readonly ok: true; readonly pair: KeyPair }
  /** A sentence without its full stop; it begins with the file. */
  | { readonly ok: false; readonly problem: string }

/** Whether TLS can use the two: the first certificate is the server's own, and the key belongs to it. Dates are not judged here. */
export function readKeyPair({ certFile, keyFile }: PairFiles, cert: Buffer, key: Buffer): PairRead {
  const certificate = attempt(() => new X509Certificate(cert))
  // The class reads DER as well, which TLS does not.
  if (!certificate.ok || !cert.includes('-----BEGIN '))
    return failed(certFile, `holds no certificate in PEM${certificate.ok ? '' : ` (${certificate.why})`}`)
  const privateKey = attempt(() => createPrivateKey(key))
  if (!privateKey.ok)
    return failed(keyFile, `holds no key in PEM that can be read without a password (${privateKey.why})`)
  const own = certificate.value
  if (!own.checkPrivateKey(privateKey.value))
    return failed(keyFile, `is not the key of the first certificate in ${certFile}, which must be the server's own`)
  // What OpenSSL thinks of the rest of the chain, and of the strength of all.
  const context = attempt(() => createSecureContext({ cert, key }))
  if (!context.ok) return failed(certFile, `cannot be used (${context.why})`)
  const names = own.subjectAltName ?? own.subject ?? 'nobody'
  const dates = { validFromMs: Date.parse(own.validFrom), validToMs: Date.parse(own.validTo) }
  return { ok: true, pair: { cert, key, names: names.replaceAll('\n', ', '), ...dates } }
}

const failed = (file: string, why: string): PairRead => ({ ok: false, problem: `${file} ${why}` })

type Attempt<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string }

function attempt<T>(task: () => T): Attempt<T> {
  try {
    return { ok: true, value: task() }
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) }
  }
}

/** Operators want to know so long before. */
const NEAR_END_MS = 14 * 86_400_000

export type Validity = 'notYet' | 'valid' | 'nearEnd' | 'expired'

export function validityOf({ validFromMs, validToMs }: KeyPair, nowMs: number): Validity {
  if (nowMs > validToMs) return 'expired'
  if (nowMs > validToMs - NEAR_END_MS) return 'nearEnd'
  return nowMs < validFromMs ? 'notYet' : 'valid'
}
