import { createAliasResolver } from '../dns/alias-resolver.ts'
import { aliasTargets } from '../dns/alias-targets.ts'
import type { Balancers } from '../dns/balancers.ts'
import type { CookieJar } from '../dns/cookies.ts'
import { type FastDnsServer, startFastDns } from '../dns/fastpath/server.ts'
import type { AnswerLimit } from '../dns/limit-answer.ts'
import { systemNameServers } from '../dns/name-servers.ts'
import { createResponder, type Respond, type ResponderOptions } from '../dns/respond.ts'
import { type DnsServer, startDns } from '../dns/server.ts'
import type { Snapshot } from '../steering/snapshot.ts'
import { formatListenAddress, type ListenAddress } from './config-values.ts'
import { openBalancers } from './dns-balancers.ts'
import { openCookies } from './dns-cookies.ts'
import { openEncrypted } from './dns-encrypted.ts'
import { openRateLimit } from './dns-rate-limit.ts'
import type { FrontParts } from './front-parts.ts'
import { inTurns } from './in-turns.ts'
import { listenFailure, type OpenFront } from './listeners.ts'

type StopAll = (() => void)[]

/**
 * Opens GeoDNS over every transport that is switched on: ALIAS targets are resolved beside it, and with `dns.workers`
 * threads answer UDP. @throws ListenFailure
 */
export async function openDns(parts: FrontParts, current: () => Snapshot): Promise<OpenFront> {
  const { config } = parts
  if (config.dns === null && config.dot === null && config.doh === null)
    return { listeners: [], close: () => Promise.resolve() }
  const onStop: StopAll = []
  const open: OpenFront[] = []
  const close = async (): Promise<void> => {
    await Promise.all(open.map((front) => front.close()))
    for (const step of onStop.splice(0).reverse()) step()
  }
  try {
    const manners = openManners(parts, onStop)
    const respond = createRespond(parts, current, manners, onStop)
    const balancers = openBalancers(parts)
    const front = { parts, current, respond, manners, balancers, onStop }
    if (config.dns !== null) open.push(await openPlain(front, config.dns))
    await openEncrypted(parts, respond, balancers, open)
    return { listeners: open.flatMap(({ listeners }) => listeners), close }
  } catch (error) {
    await close()
    throw error
  }
}

interface DnsFront {
  readonly parts: FrontParts
  readonly current: () => Snapshot
  readonly respond: Respond
  readonly manners: Manners
  readonly balancers: Balancers
  readonly onStop: StopAll
}

async function openPlain(front: DnsFront, address: ListenAddress): Promise<OpenFront> {
  try {
    const { server, workers } = await serve(front, address)
    const text = formatListenAddress({ host: address.host, port: server.port })
    const listeners = (['udp', 'tcp'] as const).map((transport) => ({
      frontEnd: 'dns' as const,
      transport,
      address: text,
      ...(transport === 'udp' && workers > 0 ? { workers } : {}),
    }))
    return { listeners, close: () => server.close() }
  } catch (error) {
    throw listenFailure('dns', address, error as Error)
  }
}

/** What is said to whom, whatever is asked: both paths go by it. */
type Manners = Pick<ResponderOptions, 'debug' | 'nodeId'> & {
  readonly version: string | null
  readonly cookies: CookieJar | null
  readonly rateLimit: AnswerLimit | null
}

const openManners = (parts: FrontParts, onStop: StopAll): Manners => ({
  debug: parts.config.dnsDebug,
  nodeId: parts.config.dnsIdentity === 'on' ? parts.config.nodeId : null,
  version: parts.config.dnsVersion,
  cookies: openCookies(parts, onStop),
  rateLimit: openRateLimit(parts, onStop),
})

function createRespond(parts: FrontParts, current: () => Snapshot, manners: Manners, onStop: StopAll): Respond {
  const { config, live, zones, metrics, nowMs, dice, schedule, log } = parts
  const aliases = createAliasResolver({
    servers: config.resolvers.length > 0 ? config.resolvers : systemNameServers(),
    nowMs,
    schedule,
    dice,
    onProblem: ({ name, message, serving }) => log.warn({ name, serving }, `ALIAS target ${name}: ${message}`),
  })
  onStop.push(() => aliases.close())
  let tracked: Snapshot['set'] | null = null
  const track = (snapshot: Snapshot): void => {
    const { set } = snapshot
    if (set !== tracked) aliases.track(aliasTargets(set, zones.of(snapshot)))
    tracked = set
  }
  track(current())
  onStop.push(live.subscribe(track))
  return createResponder({
    current,
    zones,
    nowMs,
    dice,
    ...manners,
    findAliasAddresses: aliases.addresses,
    onAnswer: metrics.onDnsAnswer,
    onLimited: (verdict) => metrics.onDnsLimited(verdict, 1),
    onFailure: (error) => log.error({ err: error }, 'a DNS query was answered with SERVFAIL'),
  })
}

async function serve(
  { parts, current, respond, manners, balancers, onStop }: DnsFront,
  { host, port }: ListenAddress,
): Promise<{ readonly server: DnsServer; readonly workers: number }> {
  const { config, live, zones, nowMs, dice, schedule, log } = parts
  const options = { host, port, respond, schedule, balancers }
  if (config.dnsWorkers === 0) return { server: await startDns(options), workers: 0 }
  const snapshot = current()
  const fast = await startFastDns({
    ...options,
    workers: config.dnsWorkers,
    snapshot,
    zones,
    inTurns,
    ...manners,
    limiter: manners.rateLimit?.limiter ?? null,
    nowMs,
    dice,
    onProblem: (message) => log.warn(message),
  })
  if (fast.kind === 'unavailable') {
    log.warn(`DNS is answered on the main thread: ${fast.reason}`)
    return { server: await startDns(options), workers: 0 }
  }
  onStop.push(live.subscribe(fast.server.publish), countAnswers(fast.server, parts))
  // What came into force while the first table was compiled.
  if (current() !== snapshot) fast.server.publish(current())
  return { server: fast.server, workers: config.dnsWorkers }
}

const COUNT_EVERY_MS = 1_000

/** Brings what the workers counted into the metrics. Returns the way to stop, which counts once more. */
function countAnswers(server: FastDnsServer, { metrics, schedule }: FrontParts): () => void {
  let callOff = (): void => {}
  const count = (): void => {
    const { answers, subnets, cookies, limited, dropped, unsent } = server.collect()
    for (const { key, count } of answers) metrics.onDnsAnswers({ ...key, transport: 'udp' }, count)
    for (const { prefixLength, count } of subnets) metrics.onDnsSubnets(prefixLength, count)
    for (const { cookie, count } of cookies) metrics.onDnsCookies(cookie, count)
    metrics.onDnsLimited('slip', limited.slip)
    metrics.onDnsLimited('drop', limited.drop)
    metrics.onDnsLosses({ dropped, unsent })
    callOff = schedule(count, COUNT_EVERY_MS)
  }
  count()
  return () => {
    callOff()
    count()
    callOff()
  }
}
