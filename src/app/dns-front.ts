import { createAliasResolver } from '../dns/alias-resolver.ts'
import { aliasTargets } from '../dns/alias-targets.ts'
import { type FastDnsServer, startFastDns } from '../dns/fastpath/server.ts'
import { systemNameServers } from '../dns/name-servers.ts'
import { createResponder, type Respond } from '../dns/respond.ts'
import { type DnsServer, startDns } from '../dns/server.ts'
import type { Snapshot } from '../steering/snapshot.ts'
import { formatListenAddress, type ListenAddress } from './config-values.ts'
import type { FrontParts } from './front-parts.ts'
import { listenFailure, type OpenFront } from './listeners.ts'

type StopAll = (() => void)[]

/** Opens GeoDNS: ALIAS targets are resolved beside it, and with `dns.workers` threads answer UDP. @throws ListenFailure */
export async function openDns(parts: FrontParts, address: ListenAddress, current: () => Snapshot): Promise<OpenFront> {
  const onStop: StopAll = []
  const stop = (): void => {
    for (const step of onStop.splice(0).reverse()) step()
  }
  try {
    const server = await serve(parts, address, current, createRespond(parts, current, onStop), onStop)
    const text = formatListenAddress({ host: address.host, port: server.port })
    const listeners = (['udp', 'tcp'] as const).map((transport) => ({
      frontEnd: 'dns' as const,
      transport,
      address: text,
    }))
    return {
      listeners,
      async close() {
        await server.close()
        stop()
      },
    }
  } catch (error) {
    stop()
    throw listenFailure('dns', address, error as Error)
  }
}

function createRespond(parts: FrontParts, current: () => Snapshot, onStop: StopAll): Respond {
  const { config, live, metrics, nowMs, dice, schedule, log } = parts
  const aliases = createAliasResolver({
    servers: config.resolvers.length > 0 ? config.resolvers : systemNameServers(),
    nowMs,
    schedule,
    dice,
    onProblem: ({ name, message, serving }) => log.warn({ name, serving }, `ALIAS target ${name}: ${message}`),
  })
  onStop.push(() => aliases.close())
  let tracked: Snapshot['set'] | null = null
  const track = ({ set }: Snapshot): void => {
    if (set !== tracked) aliases.track(aliasTargets(set))
    tracked = set
  }
  track(current())
  onStop.push(live.subscribe(track))
  return createResponder({
    current,
    nowMs,
    dice,
    debug: config.dnsDebug,
    nodeId: config.nodeId,
    findAliasAddresses: aliases.addresses,
    onAnswer: metrics.onDnsAnswer,
    onFailure: (error) => log.error({ err: error }, 'a DNS query was answered with SERVFAIL'),
  })
}

async function serve(
  parts: FrontParts,
  { host, port }: ListenAddress,
  current: () => Snapshot,
  respond: Respond,
  onStop: StopAll,
): Promise<DnsServer> {
  const { config, live, nowMs, dice, schedule, log } = parts
  const options = { host, port, respond, schedule }
  if (config.dnsWorkers === 0) return startDns(options)
  const fast = await startFastDns({
    ...options,
    workers: config.dnsWorkers,
    snapshot: current(),
    debug: config.dnsDebug,
    nowMs,
    dice,
    onProblem: (message) => log.warn(message),
  })
  if (fast.kind === 'unavailable') {
    log.warn(`DNS is answered on the main thread: ${fast.reason}`)
    return startDns(options)
  }
  onStop.push(live.subscribe(fast.server.publish), countAnswers(fast.server, parts))
  return fast.server
}

const COUNT_EVERY_MS = 1_000

/** Brings what the workers counted into the metrics. Returns the way to stop, which counts once more. */
function countAnswers(server: FastDnsServer, { metrics, schedule }: FrontParts): () => void {
  let callOff = (): void => {}
  const count = (): void => {
    const { answers, dropped, unsent } = server.collect()
    for (const { key, count } of answers) metrics.onDnsAnswers({ ...key, transport: 'udp' }, count)
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
