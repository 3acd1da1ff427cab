import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import type { Duplex } from 'node:stream'
import { inUrl, whomToAsk } from '../asked.ts'
import type { Attempt, Finding } from '../attempt.ts'
import { certificateWarning, withWarning } from '../certificate.ts'
import { lazySecureContext, openTcp, openTls } from '../connect.ts'
import { composeHealthRequest, HEALTH_CHECK_PATH, parseHealthResponse } from '../grpc-messages.ts'
import type { ProbeKind } from '../kind.ts'
import { shown } from '../words.ts'

/** One call of grpc.health.v1 (github.com/grpc/grpc, doc/health-checking.md), over TLS or in clear with prior knowledge. */
export const probeGrpc: ProbeKind<'grpc'> = (check, tools) => {
  const secureContext = lazySecureContext()
  const request = composeHealthRequest(check.service)
  return async (target, attempt) => {
    const { address, name } = await whomToAsk(target, tools, attempt)
    const serverName = check.tls?.serverName ?? name
    const authority = `${serverName ?? inUrl(address)}:${check.port}`
    if (check.tls === null) {
      return call(await openTcp(address, check.port, attempt), `http://${authority}`, request, attempt)
    }
    const parts = { serverName, verify: check.tls.verify, alpn: ['h2'], context: secureContext() }
    const tls = await openTls(address, check.port, parts, attempt)
    if (tls.alpnProtocol !== 'h2') return { outcome: 'fail', detail: 'no HTTP/2 agreed by ALPN, which gRPC needs' }
    const warning = certificateWarning(tls, check.tls, tools.nowMs())
    return withWarning(await call(tls, `https://${authority}`, request, attempt), warning)
  }
}

/** A health response has seven octets; error messages go into headers. */
const MOST_OCTETS = 1024

async function call(connection: Duplex, authority: string, request: Uint8Array, attempt: Attempt): Promise<Finding> {
  attempt.waitsFor('an answer to the gRPC call')
  const { promise, resolve, reject } = Promise.withResolvers<Finding>()
  const session: ClientHttp2Session = connectHttp2(authority, {
    createConnection: () => connection,
    settings: { enablePush: false },
    maxSessionMemory: 1,
    maxHeaderListPairs: 64,
  })
  session.on('error', reject)
  attempt.atEnd(() => session.destroy())
  const sentMs = attempt.nowMs()
  const stream = session.request({
    ':method': 'POST',
    ':path': HEALTH_CHECK_PATH,
    'content-type': 'application/grpc',
    'user-agent': 'nearcast-health-check',
    te: 'trailers',
  })
  const chunks: Buffer[] = []
  let octets = 0
  const said: { status: number; headers: Readonly<Record<string, unknown>> } = { status: 0, headers: {} }
  stream.on('error', reject)
  stream.on('response', (headers) => {
    attempt.timings.firstByteMs ??= attempt.nowMs() - sentMs
    said.status = headers[':status'] ?? 0
    said.headers = headers
  })
  // An answer without a message has its status in the headers (PROTOCOL-HTTP2.md, Trailers-Only).
  stream.on('trailers', (trailers) => {
    said.headers = { ...said.headers, ...trailers }
  })
  stream.on('data', (chunk: Buffer) => {
    octets += chunk.length
    if (octets > MOST_OCTETS) reject(new Error(`the answer has more than ${MOST_OCTETS} octets`))
    else chunks.push(chunk)
  })
  stream.on('end', () => resolve(judge(said.status, said.headers, Buffer.concat(chunks))))
  stream.on('close', () => reject(new Error('the call ended without an answer')))
  stream.end(request)
  return promise
}

/** grpc/grpc, doc/statuscodes.md; those that say something about the health service itself. */
const STATUS_WORDS: Readonly<Record<string, string>> = {
  '5': 'the server knows no such service (NOT_FOUND)',
  '12': 'the server has no grpc.health.v1 (UNIMPLEMENTED)',
}

function judge(httpStatus: number, headers: Readonly<Record<string, unknown>>, message: Buffer): Finding {
  const fail = (detail: string): Finding => ({ outcome: 'fail', detail: `${detail}, expected SERVING` })
  if (httpStatus === 0) return fail('the call ended without an answer')
  if (httpStatus !== 200) return fail(`HTTP status ${httpStatus}`)
  const status = headers['grpc-status']
  if (status === undefined) return fail('no gRPC status')
  if (status !== '0') {
    const said = typeof headers['grpc-message'] === 'string' ? `: ${shown(decoded(headers['grpc-message']))}` : ''
    return fail(STATUS_WORDS[String(status)] ?? `gRPC status ${shown(String(status))}${said}`)
  }
  const serving = parseHealthResponse(message)
  if (serving === null) return fail('the message cannot be read')
  return serving === 'SERVING' ? { outcome: 'pass', detail: 'SERVING' } : fail(serving)
}

/** The message is percent-encoded; what is not stays as it came (PROTOCOL-HTTP2.md). */
function decoded(message: string): string {
  try {
    return decodeURIComponent(message)
  } catch {
    return message
  }
}
