import { whomToAsk } from '../asked.ts'
import { certificateWarning, withWarning } from '../certificate.ts'
import { lazySecureContext, openTls } from '../connect.ts'
import type { ProbeKind } from '../kind.ts'

/** A handshake, with a good certificate and one of the protocols that were offered (RFC 7301 §3.2). */
export const probeTls: ProbeKind<'tls'> = (check, tools) => {
  const secureContext = lazySecureContext()
  return async (target, attempt) => {
    const { address, name } = await whomToAsk(target, tools, attempt)
    const { tls: expectation, alpn, port } = check
    const serverName = expectation.serverName ?? name
    const parts = { serverName, verify: expectation.verify, alpn, context: secureContext() }
    const tls = await openTls(address, port, parts, attempt)
    const isAgreed = alpn.length === 0 || (typeof tls.alpnProtocol === 'string' && alpn.includes(tls.alpnProtocol))
    if (!isAgreed) return { outcome: 'fail', detail: `no protocol agreed by ALPN, expected ${alpn.join(' or ')}` }
    const detail = alpn.length === 0 ? `${tls.getProtocol()}` : `${tls.getProtocol()}, ALPN ${tls.alpnProtocol}`
    return withWarning({ outcome: 'pass', detail }, certificateWarning(tls, expectation, tools.nowMs()))
  }
}
