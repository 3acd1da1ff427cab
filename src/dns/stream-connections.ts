import type { Socket } from 'node:net'
import type { IpAddress } from '../domain/address.ts'
import type { Connection } from './connections.ts'
import { createFrameReader } from './frame-reader.ts'
import type { Peer, Respond } from './respond.ts'

/** Serves one connection that carries messages with their length in front (RFC 1035 §4.2.2): the stream is the socket itself, or TLS over it. */
export type ServeStream = (connection: Connection, stream: Socket, address: IpAddress) => void

const MAX_MESSAGE = 65_535

/** Answers queries over TCP (RFC 7766) and TLS (RFC 7858): any number on one connection, each as soon as it is read. */
export function createStreamService(respond: Respond, transport: 'tcp' | 'tls'): ServeStream {
  const out = new Uint8Array(MAX_MESSAGE)

  return (connection, stream, address) => {
    const frames = createFrameReader()
    const peer = (): Peer => ({ address, transport, idleSeconds: connection.idleSeconds() })
    /** Received while the client was not taking its answers. */
    let backlog: Buffer | null = null
    let progress: 'open' | 'ended' = 'open'

    /** Answers every whole query in `chunk`, until the client does not take its answers: then no more is read either, so it can hold no memory. */
    const serve = (chunk: Buffer): void => {
      let rest = chunk
      while (rest.length > 0) {
        if (stream.writableNeedDrain) {
          backlog = rest
          stream.pause()
          return
        }
        const read = frames.read(rest)
        rest = read.rest
        if (read.message === 'none') continue
        const length = read.message === 'empty' ? 0 : respond(read.message, read.message.length, peer(), out)
        // Whoever sends an empty frame, or what deserves silence, does not speak DNS.
        if (length === 0) {
          stream.destroySoon()
          return
        }
        connection.touch()
        // RFC 7766 §8: length and message in one write.
        const frame = Buffer.allocUnsafe(2 + length)
        frame.writeUInt16BE(length)
        frame.set(out.subarray(0, length), 2)
        stream.write(frame)
      }
      if (progress === 'ended') stream.end()
    }

    connection.touch()
    connection.onDrain(() => stream.destroySoon())
    stream.on('data', (chunk: Buffer) => {
      if (!stream.writableEnded) serve(chunk)
    })
    stream.on('drain', () => {
      const waiting = backlog
      if (waiting === null || stream.writableEnded) return
      backlog = null
      connection.touch()
      stream.resume()
      serve(waiting)
    })
    stream.on('end', () => {
      progress = 'ended'
      if (backlog === null) stream.end()
    })
    // The connection is gone; 'close' follows.
    stream.on('error', () => {})
  }
}
