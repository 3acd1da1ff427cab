import type { FastifyRequest } from 'fastify'
import { parseAddress, specialPurposeOf } from '../../domain/address.ts'
import { badRequest, type HttpProblem, httpProblem } from '../problem.ts'
import { headerValues, parseHost } from '../request-head.ts'

/**
 * Keeps web pages out of an admin port on loopback. A page may point a name of its own at 127.0.0.1 and read what
 * answers there (DNS rebinding); then the Host header holds that name. So on loopback only names and addresses that
 * cannot be rebound are answered. Elsewhere the operator's own names for the node are unknown here, and anything goes.
 *
 * @returns null when the request may pass
 */
export function guardOrigin(request: FastifyRequest): HttpProblem | null {
  const { rawHeaders, httpVersion, socket } = request.raw
  const hosts = headerValues(rawHeaders, 'host')
  // Load balancers check health by HTTP/1.0 without a Host; browsers never speak it.
  if (hosts.length === 0 && httpVersion === '1.0') return null
  const host = hosts.length === 1 ? parseHost(hosts[0] ?? '') : null
  if (host === null) return badRequest('Exactly one Host header with a host name or address is expected.')
  if (isLoopback(socket.localAddress) && !cannotBeRebound(host)) {
    return httpProblem('foreign-origin', 'On loopback the admin port answers to localhost and to IP addresses only.')
  }
  const { origin } = request.headers
  if (origin !== undefined && hostOfOrigin(origin) !== host) {
    return httpProblem('foreign-origin', 'The admin port does not answer pages of other origins.')
  }
  return null
}

/** Also what has no local address, such as a socket of the file system: nobody but this machine can reach it. */
function isLoopback(localAddress: string | undefined): boolean {
  const address = parseAddress(localAddress?.replace(/^::ffff:/i, '') ?? '')
  return address === null || (specialPurposeOf(address)?.name.startsWith('loopback') ?? false)
}

/** RFC 6761 §6.3: `localhost` and names below it are always loopback. */
const cannotBeRebound = (host: string): boolean =>
  host === 'localhost' || host.endsWith('.localhost') || parseAddress(host.replace(/^\[|\]$/g, '')) !== null

/** `null` (a sandboxed page) and everything else without a host is nobody's. */
const hostOfOrigin = (origin: string): string | null => parseHost(/^https?:\/\/([^/]+)$/.exec(origin)?.[1] ?? '')
