import { type KeyPair, readKeyPair } from '../../src/dns/tls-certificate.ts'
import type { Certificate } from '../../src/dns/watch-certificate.ts'

/** A certificate without files. */
export interface SwappedCertificate extends Certificate {
  /** As if the files had changed. */
  swap(pair: { readonly cert: string; readonly key: string }): void
}

export function certificateOf(first: { readonly cert: string; readonly key: string }): SwappedCertificate {
  const listeners = new Set<(pair: KeyPair) => void>()
  let pair = pairOf(first)
  return {
    current: () => pair,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => {},
    swap(next) {
      pair = pairOf(next)
      for (const listener of listeners) listener(pair)
    },
  }
}

export function pairOf({ cert, key }: { readonly cert: string; readonly key: string }): KeyPair {
  const read = readKeyPair({ certFile: 'cert.pem', keyFile: 'key.pem' }, Buffer.from(cert), Buffer.from(key))
  if (!read.ok) throw new Error(read.problem)
  return read.pair
}
