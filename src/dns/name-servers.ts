import { getServers } from 'node:dns'
import { formatAddress, parseAddress } from '../domain/address.ts'

/** A recursive resolver. */
export interface NameServer {
  /** Canonical text, with `%zone` for link-local addresses. */
  readonly address: string
  readonly port: number
}

const DNS_PORT = 53

/** `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53`, `[2001:db8::53]:5353`; null when it is none of these. */
export function parseNameServer(text: string): NameServer | null {
  const match = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text) ?? /^([\d.]+):(\d{1,5})$/.exec(text) ?? [text, text]
  const [addressText = '', zone] = (match[1] ?? '').split('%')
  const address = parseAddress(addressText)
  const port = match[2] === undefined ? DNS_PORT : Number(match[2])
  if (address === null || port < 1 || port > 0xffff) return null
  return { address: formatAddress(address) + (zone === undefined ? '' : `%${zone}`), port }
}

/** The resolvers of the system (`/etc/resolv.conf`). */
export const systemNameServers = (): readonly NameServer[] =>
  getServers().flatMap((text) => {
    const server = parseNameServer(text)
    return server === null ? [] : [server]
  })
