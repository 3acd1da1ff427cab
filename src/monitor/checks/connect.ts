import { connect, type Socket } from 'node:net'
import { connect as connectTls, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import { formatAddress, type IpAddress } from '../../domain/address.ts'
import type { TlsExpectation } from '../../domain/check.ts'
import { inUrl } from './asked.ts'
import { type Attempt, CouldNotAskError } from './attempt.ts'
import { errorWords } from './words.ts'

/** A TCP connection; closed with the attempt. Rejects when there is none to be had. */
export async function openTcp(address: IpAddress, port: number, attempt: Attempt): Promise<Socket> {
  attempt.signal.throwIfAborted()
  const isOpen = connecting(address, port, attempt)
  const socket = connect({ host: formatAddress(address), port, noDelay: true })
  await happens(socket, 'connect', attempt)
  isOpen()
  return socket
}

/** Returns what is to be called when the connection is there. */
function connecting(address: IpAddress, port: number, attempt: Attempt): () => void {
  attempt.waitsFor(`a connection to ${inUrl(address)}:${port}`)
  const startedMs = attempt.nowMs()
  return () => {
    attempt.timings.connectMs ??= attempt.nowMs() - startedMs
  }
}

export interface TlsParts {
  /** SNI, and the name that the certificate must have; null: none is sent, and the certificate must have the address. */
  readonly serverName: string | null
  readonly verify: TlsExpectation['verify']
  readonly alpn: readonly string[]
  readonly context: SecureContext
}

/**
 * A TLS connection; closed with the attempt. Rejects when there is none to be had, or the certificate is not good. It is one
 * socket: Node 26.10 crashes when a TLS socket is destroyed behind the one that it was put upon.
 */
export async function openTls(
  address: IpAddress,
  port: number,
  { serverName, verify, alpn, context }: TlsParts,
  attempt: Attempt,
): Promise<TLSSocket> {
  attempt.signal.throwIfAborted()
  const isOpen = connecting(address, port, attempt)
  let shookMs = attempt.nowMs()
  const socket = connectTls({
    // Where no name is sent, it is the address that the certificate must have.
    host: formatAddress(address),
    port,
    ...(serverName === null ? {} : { servername: serverName }),
    rejectUnauthorized: verify === 'verify',
    secureContext: context,
    ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
  })
  socket.setNoDelay(true)
  socket.once('connect', () => {
    isOpen()
    shookMs = attempt.nowMs()
    attempt.waitsFor('the TLS handshake')
  })
  await happens(socket, 'secureConnect', attempt)
  attempt.timings.tlsMs ??= attempt.nowMs() - shookMs
  return socket
}

/** Reading the root certificates takes milliseconds: once a check, and only where TLS is spoken. */
export function lazySecureContext(): () => SecureContext {
  let context: SecureContext | null = null
  return () => {
    context ??= createSecureContext()
    return context
  }
}

function happens(socket: Socket, event: 'connect' | 'secureConnect', attempt: Attempt): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  // Stays on: an error that comes later, or after the end of the probe, must not be an uncaught one.
  socket.on('error', (error) => reject(isOurs(error) ? new CouldNotAskError(errorWords(error)) : error))
  socket.once('close', () => reject(new Error('the connection ended')))
  socket.once(event, () => resolve())
  attempt.atEnd(() => socket.destroy())
  return promise
}

/**
 * Whether connect(2) failed at once, before anything was sent: there is no route, address, port or file descriptor here, or a
 * filter forbids it. The same codes come later from ICMP, and then they are about the endpoint; Node tells the local address of
 * those that failed at once, and of no others.
 */
const isOurs = (error: Error): boolean => / - Local \(.*\)$/.test(error.message)
