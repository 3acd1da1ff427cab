import type { Socket } from 'node:net'
import { Client, type Dispatcher } from 'undici'
import { type Attempt, OVER } from './attempt.ts'

export interface HttpRequest {
  readonly method: Dispatcher.HttpMethod
  /** Its scheme, path and query; the connection is there already. */
  readonly url: URL
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** How much of the body is read; 0: none. */
  readonly bodyOctets: number
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
  /** `cut`: there is more than was read. */
  readonly bodyLength: 'whole' | 'cut'
}

const MOST_HEADER_OCTETS = 16_384
/** Informational answers (RFC 9110 §15.2) before the final one. */
const MOST_INFORMATIONAL = 16

/**
 * One request over a connection of its own, which is closed afterwards. Rejects when no answer can be read. Nobody waits
 * here: the attempt ends when its time is up.
 */
export async function requestOver(socket: Socket, request: HttpRequest, attempt: Attempt): Promise<HttpAnswer> {
  attempt.signal.throwIfAborted()
  const client = new Client(request.url.origin, {
    // Called back at once, undici waits for ever: it is still busy with asking.
    connect: (_options, callback) => queueMicrotask(() => callback(null, socket)),
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: MOST_HEADER_OCTETS,
  })
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
  // The connection is the attempt's; what is left of the client goes with it.
  const close = (): void => void client.destroy(OVER).catch(() => {})
  attempt.atEnd(close)
  attempt.waitsFor('the first octet of the answer')
  const sentMs = attempt.nowMs()
  client.dispatch(
    {
      method: request.method,
      path: request.url.pathname + request.url.search,
      headers: request.headers.flat(),
      body: null,
      // `Connection: close` (RFC 9112 §9.6): the server need not wait for a second request.
      reset: true,
    },
    collector(request.bodyOctets, resolve, reject, () => {
      attempt.timings.firstByteMs ??= attempt.nowMs() - sentMs
      attempt.waitsFor('the rest of the answer')
    }),
  )
  try {
    return await promise
  } finally {
    close()
  }
}

function collector(
  bodyOctets: number,
  resolve: (answer: HttpAnswer) => void,
  reject: (error: Error) => void,
  onFirst: () => void,
): Dispatcher.DispatchHandler {
  const chunks: Buffer[] = []
  let head: Pick<HttpAnswer, 'status' | 'headers'> = { status: 0, headers: {} }
  let read = 0
  let informational = 0
  const end = (bodyLength: HttpAnswer['bodyLength']): void =>
    resolve({ ...head, body: Buffer.concat(chunks).subarray(0, bodyOctets), bodyLength })
  return {
    onRequestStart: () => {},
    onResponseStart: (controller, status, headers) => {
      onFirst()
      if (status < 200) {
        if (++informational > MOST_INFORMATIONAL) controller.abort(new Error('too many informational answers'))
        return
      }
      head = { status, headers }
      if (bodyOctets === 0) end('cut')
    },
    onResponseData: (_controller, chunk) => {
      // Not `>=`: whether a body that fills the bound is whole, only what follows can say.
      if (read > bodyOctets) return
      chunks.push(chunk)
      read += chunk.length
      if (read > bodyOctets) end('cut')
    },
    onResponseEnd: () => end('whole'),
    onResponseError: (_controller, error) => reject(error),
  }
}
