/** DNS over HTTPS for tests: requests as they are given, over HTTP/2 or HTTP/1.1. */

import { once } from 'node:events'
import { type ClientHttp2Session, type ClientSessionOptions, connect } from 'node:http2'
import { request } from 'node:https'

export interface DohAsk {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

export interface DohAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Buffer
}

export type AskDoh = (port: number, ask: DohAsk) => Promise<DohAnswer>

const HOST = '127.0.0.1'

export const askHttp1: AskDoh = async (port, { method = 'GET', path, headers, body }) => {
  const sent = request({ host: HOST, port, method, path, headers, rejectUnauthorized: false, agent: false })
  // A server may answer and end before it has read all.
  sent.on('error', () => {})
  sent.end(body)
  const [response] = await once(sent, 'response')
  const chunks: Buffer[] = await response.toArray()
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }
}

export const openHttp2 = (port: number, options: ClientSessionOptions = {}): ClientHttp2Session => {
  const session = connect(`https://${HOST}:${port}`, { rejectUnauthorized: false, ...options })
  session.on('error', () => {})
  return session
}

export async function askOver(session: ClientHttp2Session, ask: DohAsk): Promise<DohAnswer> {
  const { method = 'GET', path, headers, body } = ask
  const stream = session.request({ ...headers, ':method': method, ':path': path }, { endStream: body === undefined })
  stream.on('error', () => {})
  if (body !== undefined) stream.end(body)
  const [answer] = await once(stream, 'response')
  const chunks: Buffer[] = await stream.toArray().catch(() => [])
  return { status: Number(answer[':status']), headers: answer, body: Buffer.concat(chunks) }
}

export const askHttp2: AskDoh = async (port, ask) => {
  const session = openHttp2(port)
  try {
    return await askOver(session, ask)
  } finally {
    session.destroy()
  }
}
