import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls'
import type { IpAddress } from '../domain/address.ts'
import type { Connection } from './connections.ts'
import { type StreamListener, type StreamListenerOptions, startStreamListener } from './stream-listener.ts'
import type { KeyPair } from './tls-certificate.ts'
import type { Certificate } from './watch-certificate.ts'

export interface TlsListenerOptions extends Omit<StreamListenerOptions, 'firstSeconds' | 'serve'> {
  readonly certificate: Certificate
  /** Protocols for ALPN (RFC 7301), the best first. A client that names none is served; one that names only others is refused. */
  readonly alpn: readonly string[]
  /** Serves a connection after its handshake. */
  readonly serve: (connection: Connection, stream: TLSSocket, client: IpAddress) => void
}

/** Who has not finished the handshake after so long is closed; a PROXY header before it counts. */
const HANDSHAKE_SECONDS = 5

/**
 * Accepts TLS connections within limits. New handshakes use the newest certificate, connections that are there go on.
 * @throws Error naming host, port and transport when the port cannot be opened
 */
export async function startTlsListener(options: TlsListenerOptions): Promise<StreamListener> {
  const { certificate, alpn, serve } = options
  /** In their handshake, by the addresses and ports of both ends: TLS hands over a stream that does not know what it is made of. */
  const waiting = new Map<string, { readonly connection: Connection; readonly client: IpAddress }>()
  const tls = createServer({ ...secretsOf(certificate.current()), ALPNProtocols: [...alpn] })
  tls.on('secureConnection', (stream) => {
    const found = waiting.get(endsOf(stream))
    waiting.delete(endsOf(stream))
    if (found === undefined) stream.destroy()
    else serve(found.connection, stream, found.client)
  })
  // No TLS, or a client that will not take ours: its own trouble.
  tls.on('tlsClientError', (_error, stream) => stream.destroy())
  const unsubscribe = certificate.subscribe((pair) => tls.setSecureContext(secretsOf(pair)))

  const listener = await startStreamListener({
    ...options,
    firstSeconds: HANDSHAKE_SECONDS,
    serve: (connection, client) => {
      const ends = endsOf(connection.socket)
      waiting.set(ends, { connection, client })
      connection.socket.on('close', () => {
        // The same ends may have come again by now.
        if (waiting.get(ends)?.connection === connection) waiting.delete(ends)
      })
      tls.emit('connection', connection.socket)
    },
  })
  return {
    port: listener.port,
    async close() {
      unsubscribe()
      await listener.close()
    },
  }
}

const endsOf = ({ remoteAddress, remotePort, localAddress }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localAddress}`

const secretsOf = ({ cert, key }: KeyPair): TlsOptions => ({
  cert,
  key,
  // RFC 8310 §9.1 and RFC 9325 §3.1.1: nothing below TLS 1.2.
  minVersion: 'TLSv1.2',
  // A client could have the server do the costly part of handshakes over and over on one connection.
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
})
