import { BODY_OCTETS } from '../../../domain/check.ts'
import type { Endpoint } from '../../../domain/endpoint.ts'
import { type Asked, inUrl, isBareAddress, whomToAsk } from '../asked.ts'
import type { Attempt, Finding } from '../attempt.ts'
import { createBodyJudge } from '../body.ts'
import { certificateWarning, withWarning } from '../certificate.ts'
import { lazySecureContext, openTcp, openTls } from '../connect.ts'
import { type HttpAnswer, requestOver } from '../http-request.ts'
import type { CheckOf, CheckTools, ProbeKind } from '../kind.ts'
import { readLoad } from '../load.ts'
import { statusesText } from '../statuses.ts'
import { shown } from '../words.ts'

/** One request, to one address; its name stands in `Host`, and in SNI. */
export const probeHttp: ProbeKind<'http'> = (check, tools) => {
  const hop = createHop(check, tools)
  const judgeBody = check.body === null ? null : createBodyJudge(check.body, tools.nowMs)
  const expected = new Set(check.expect)

  return async (target, attempt) => {
    const asked = await whomToAsk(target, tools, attempt)
    let request: Asking = { method: check.method, ...whatToAsk(check, target.endpoint, asked) }
    let warning: string | null = null
    for (let redirects = 0; ; redirects++) {
      const found = await hop(asked, request, attempt)
      warning ??= found.warning
      const next = expected.has(found.answer.status) ? null : redirectOf(found.answer, request.url)
      // To another host, it says nothing of this address.
      if (next === null || redirects === check.redirects || next.hostname !== request.url.hostname) {
        return withWarning(judge(found.answer, next), warning)
      }
      request = { method: methodAfter(request.method, found.answer.status), url: next, host: next.host }
    }
  }

  function judge(answer: HttpAnswer, next: URL | null): Finding {
    const status = `status ${answer.status}`
    if (!expected.has(answer.status)) {
      const where = next === null ? '' : ` to ${shown(next.href)}, not followed`
      return { outcome: 'fail', detail: `${status}${where}, expected ${statusesText(check.expect)}` }
    }
    const fault = judgeBody?.(answer) ?? null
    if (fault !== null) return { outcome: 'fail', detail: `${status}, but ${fault}` }
    const { load, warnings } = readLoad(check.load, answer)
    return { outcome: 'pass', detail: status, load, warnings }
  }
}

type Method = CheckOf<'http'>['method']

interface Asking {
  readonly method: Method
  /** Its host is the one that the certificate must be of. */
  readonly url: URL
  /** The `Host` header. */
  readonly host: string
}

/** Makes one connection for one request. */
function createHop(check: CheckOf<'http'>, tools: CheckTools) {
  const secureContext = lazySecureContext()
  const bodyOctets = check.body === null && check.load.length === 0 ? 0 : BODY_OCTETS
  return async ({ address }: Asked, { method, url, host }: Asking, attempt: Attempt) => {
    const isTls = url.protocol === 'https:'
    const port = url.port === '' ? (isTls ? 443 : 80) : Number(url.port)
    const request = { method, url, headers: headersOf(check, host), bodyOctets }
    if (!isTls) {
      const tcp = await openTcp(address, port, attempt)
      return { answer: await requestOver(tcp, request, attempt), warning: null }
    }
    const { tls: expectation } = check
    const serverName = expectation.serverName ?? (isBareAddress(url.hostname) ? null : url.hostname)
    const parts = { serverName, verify: expectation.verify, alpn: ['http/1.1'], context: secureContext() }
    const tls = await openTls(address, port, parts, attempt)
    const warning = certificateWarning(tls, expectation, tools.nowMs())
    return { answer: await requestOver(tls, request, attempt), warning }
  }
}

/** What the check says; else what the endpoint's URL says; else http on its address. */
function whatToAsk(check: CheckOf<'http'>, endpoint: Endpoint, { address, name }: Asked): Pick<Asking, 'url' | 'host'> {
  const own = endpoint.url === null ? null : new URL(endpoint.url)
  const scheme = check.scheme ?? own?.protocol.slice(0, -1) ?? 'http'
  // The port of a URL belongs to its scheme.
  const port = check.port ?? (own?.protocol === `${scheme}:` ? own.port : '')
  const host = hostnameIn(check.host) ?? name ?? own?.hostname ?? inUrl(address)
  const url = new URL(`${scheme}://${host}${port === '' ? '' : `:${port}`}${check.path}`)
  // With its port where it is not that of the scheme (RFC 9110 §7.2).
  return { url, host: check.host ?? url.host }
}

/** A `Host` header may have a port; null when there is no header, or no name can be read from it. */
const hostnameIn = (host: string | null): string | null =>
  host !== null && URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : null

function headersOf(check: CheckOf<'http'>, host: string): (readonly [string, string])[] {
  const own = new Set(check.headers.map(([name]) => name.toLowerCase()))
  const usual: [string, string][] = [
    ['user-agent', 'nearcast-health-check'],
    ['accept', '*/*'],
    // What is searched in the body stands there as it is.
    ['accept-encoding', 'identity'],
  ]
  return [
    ['host', host],
    ...usual.filter(([name]) => !own.has(name)),
    ...check.headers.filter(([name]) => name.toLowerCase() !== 'host'),
  ]
}

/** RFC 9110 §15.4. */
const REDIRECTS = [301, 302, 303, 307, 308]

/** Where a redirect leads; null when it is none that can be followed. */
function redirectOf({ status, headers }: HttpAnswer, from: URL): URL | null {
  const { location } = headers
  if (!REDIRECTS.includes(status) || typeof location !== 'string' || !URL.canParse(location, from)) return null
  const to = new URL(location, from)
  return to.protocol === 'http:' || to.protocol === 'https:' ? to : null
}

/** RFC 9110 §15.4: 303 asks for a GET, and so do 301 and 302 after a POST. */
const methodAfter = (method: Method, status: number): Method =>
  method !== 'HEAD' && (status === 303 || (method === 'POST' && (status === 301 || status === 302))) ? 'GET' : method
