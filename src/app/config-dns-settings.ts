import { availableParallelism } from 'node:os'
import type { NameServer } from '../dns/name-servers.ts'
import type { IpPrefix } from '../domain/address.ts'
import { plain, type Setting } from './config-setting.ts'
import {
  cookieSecretsShape,
  fileShape,
  formatCookieSecrets,
  formatNameServers,
  formatPrefixes,
  nameServersShape,
  oneOf,
  prefixesShape,
  rateLimitShape,
  slipShape,
  versionShape,
  workersShape,
} from './config-values.ts'

const SWITCH = ['on', 'off'] as const
/** More than these a machine of many cores has other work for. */
const MOST_WORKERS_BY_DEFAULT = 8
const LOOPBACK: readonly IpPrefix[] = [
  { family: 4, bytes: Uint8Array.of(127, 0, 0, 0), length: 8 },
  { family: 6, bytes: Uint8Array.from({ length: 16 }, (_, index) => (index === 15 ? 1 : 0)), length: 128 },
]

/** What can be set about the DNS front end, but for where it listens. */
export interface DnsConfig {
  /** Asked for the addresses of ALIAS targets; empty: those of the system. */
  readonly resolvers: readonly NameServer[]
  /** Threads that answer UDP from tables in shared memory; 0: the portable path, on the main thread. */
  readonly dnsWorkers: number
  /** Networks whose DNS queries get debug answers. */
  readonly dnsDebug: readonly IpPrefix[]
  /** Answers a second over UDP to one network and zone; 0: as many as there are queries. */
  readonly dnsRateLimit: number
  /** One of so many limited answers goes out with TC; 0: none. */
  readonly dnsRateLimitSlip: number
  /** Networks that are never limited. */
  readonly dnsRateLimitExempt: readonly IpPrefix[]
  readonly dnsCookies: 'on' | 'off'
  /** The first makes server cookies, all are believed; empty: random ones, changed from time to time. */
  readonly dnsCookieSecrets: readonly Uint8Array[]
  /** Told as `version.bind`; null tells nothing. */
  readonly dnsVersion: string | null
  /** Whether the node's id is told to whoever asks for it. */
  readonly dnsIdentity: 'on' | 'off'
  /** Files of the certificate for TLS and HTTPS, and of its key. */
  readonly dnsTlsCert: string | null
  readonly dnsTlsKey: string | null
  /** Peers that must say with a PROXY header for whom they ask. */
  readonly dnsProxyFrom: readonly IpPrefix[]
}

export const DNS_SETTINGS: { readonly [K in keyof DnsConfig]: Setting<DnsConfig[K]> } = {
  resolvers: {
    path: ['dns', 'resolvers'],
    placeholder: '<address,…|system>',
    takes: 'list',
    shape: nameServersShape,
    initial: () => [],
    format: formatNameServers,
    help: 'recursive resolvers that are asked for the targets of ALIAS records',
  },
  dnsWorkers: {
    path: ['dns', 'workers'],
    placeholder: '<n>',
    takes: 'one',
    shape: workersShape,
    initial: () => Math.min(MOST_WORKERS_BY_DEFAULT, availableParallelism()),
    initialText: 'one a core, at most 8',
    format: String,
    help: 'threads that answer UDP from tables in shared memory (Linux); 0 answers on the main thread',
  },
  dnsDebug: {
    path: ['dns', 'debug'],
    placeholder: '<cidr,…|none>',
    takes: 'list',
    shape: prefixesShape,
    initial: () => [],
    format: formatPrefixes,
    help: 'networks whose DNS queries get the decision id (EDE), and reasons as TXT at _nearcast.NAME',
  },
  dnsRateLimit: {
    path: ['dns', 'rateLimit'],
    placeholder: '<n>',
    takes: 'one',
    shape: rateLimitShape,
    initial: () => 1000,
    format: String,
    help: 'answers a second over UDP to one network (/24, /56) from one zone; 0 is no limit',
  },
  dnsRateLimitSlip: {
    path: ['dns', 'rateLimitSlip'],
    placeholder: '<n>',
    takes: 'one',
    shape: slipShape,
    initial: () => 2,
    format: String,
    help: 'of so many answers above the limit one says "ask over TCP", the others are dropped; 0 drops all',
  },
  dnsRateLimitExempt: {
    path: ['dns', 'rateLimitExempt'],
    placeholder: '<cidr,…|none>',
    takes: 'list',
    shape: prefixesShape,
    initial: () => LOOPBACK,
    format: formatPrefixes,
    help: 'networks whose answers are never limited',
  },
  dnsCookies: {
    path: ['dns', 'cookies'],
    placeholder: '<on|off>',
    takes: 'one',
    shape: oneOf(SWITCH),
    initial: () => 'on',
    format: plain,
    help: 'DNS cookies (RFC 7873): a client that sends one of ours is who it says, and is not rate limited',
  },
  dnsCookieSecrets: {
    path: ['dns', 'cookieSecrets'],
    placeholder: '<hex,…|random>',
    takes: 'list',
    shape: cookieSecretsShape,
    initial: () => [],
    format: formatCookieSecrets,
    secret: 'yes',
    help: 'secrets of cookies, 32 hexadecimal digits each, one list for a fleet: the first makes, all are believed; never shown',
  },
  dnsVersion: {
    path: ['dns', 'version'],
    placeholder: '<text|off>',
    takes: 'one',
    shape: versionShape,
    initial: () => 'nearcast',
    format: (value) => value ?? 'off',
    help: 'what version.bind and version.server tell in class CH; off tells nothing',
  },
  dnsIdentity: {
    path: ['dns', 'identity'],
    placeholder: '<on|off>',
    takes: 'one',
    shape: oneOf(SWITCH),
    initial: () => 'on',
    format: plain,
    help: 'whether NSID, id.server and hostname.bind tell the id of the node',
  },
  dnsTlsCert: {
    path: ['dns', 'tlsCert'],
    placeholder: '<file|none>',
    takes: 'one',
    shape: fileShape,
    initial: () => null,
    format: plain,
    help: 'certificate and chain for listen.dot and listen.doh, PEM; loaded again when it changes',
  },
  dnsTlsKey: {
    path: ['dns', 'tlsKey'],
    placeholder: '<file|none>',
    takes: 'one',
    shape: fileShape,
    initial: () => null,
    format: plain,
    help: 'key of the certificate, PEM without a password; loaded again when it changes',
  },
  dnsProxyFrom: {
    path: ['dns', 'proxyFrom'],
    placeholder: '<cidr,…|none>',
    takes: 'list',
    shape: prefixesShape,
    initial: () => [],
    format: formatPrefixes,
    help: 'networks of load balancers that put a PROXY header (version 2) in front of all DNS, over every transport',
  },
}
