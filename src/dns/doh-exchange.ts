import type { IncomingMessage, ServerResponse } from 'node:http'
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { Readable } from 'node:stream'
import type { DohHead } from './doh-request.ts'

/** One request and the way to answer it, over HTTP/1.1 or HTTP/2. */
export interface Exchange {
  readonly head: DohHead
  readonly headers: IncomingHttpHeaders
  readonly body: Readable
  /** What was not read of the body is not waited for. Call it once. */
  reply(status: number, headers: Readonly<Record<string, string | number>>, body: Uint8Array): void
  /** For a client that does not take its answer. */
  abort(): void
  /** The exchange is over, whichever way. */
  onClose(listener: () => void): void
}

export function overHttp1(request: IncomingMessage, response: ServerResponse): Exchange {
  const { headers } = request
  return {
    head: headOf(request.method, request.url, headers),
    headers,
    body: request,
    reply(status, fields, body) {
      // RFC 9110 §15.5.9. After other refusals Node reads what is left of a body and drops it: a client that is still
      // sending when its connection is closed may never see the answer.
      if (status === 408) response.setHeader('connection', 'close')
      response.writeHead(status, fields).end(body)
    },
    abort: () => request.socket.destroy(),
    onClose: (listener) => response.on('close', listener),
  }
}

export function overHttp2(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Exchange {
  return {
    head: headOf(headers[':method'], headers[':path'], headers),
    headers,
    body: stream,
    reply(status, fields, body) {
      if (stream.destroyed || stream.closed) return
      stream.respond({ ...fields, ':status': status })
      // Node has ended the answer to a HEAD by now.
      if (headers[':method'] === 'HEAD') return
      stream.end(body)
      // RFC 9113 §8.1: a server that has answered may ask a client, with NO_ERROR, to send no more of its request.
      if (!stream.endAfterHeaders && !stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR)
    },
    abort: () => stream.destroy(),
    onClose: (listener) => stream.on('close', listener),
  }
}

const headOf = (method = '', target = '', headers: IncomingHttpHeaders): DohHead => ({
  method: String(method),
  target: String(target),
  contentType: headers['content-type'],
  contentEncoding: headers['content-encoding'],
  contentLength: headers['content-length'],
})
