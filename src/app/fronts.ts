import { createAliasResolver } from '../dns/alias-resolver.ts'
import { aliasTargets } from '../dns/alias-targets.ts'
import { systemNameServers } from '../dns/name-servers.ts'
import { createResponder } from '../dns/respond.ts'
import { startDns } from '../dns/server.ts'
import { createAdmin } from '../http/admin/admin.ts'
import type { Metrics } from '../http/admin/metrics.ts'
import type { NodeStatus } from '../http/admin/status.ts'
import { createDiscovery } from '../http/discovery/discovery.ts'
import { createRedirect } from '../http/redirect/redirect.ts'
import type { LiveSnapshot } from '../steering/live.ts'
import type { Snapshot } from '../steering/snapshot.ts'
import type { Config } from './config.ts'
import type { ListenAddress } from './config-values.ts'
import { formatListenAddress } from './config-values.ts'
import { listenFailure, type OpenFront, openHttp } from './listeners.ts'
import type { Logger } from './logger.ts'
import type { Schedule } from './snapshots.ts'

export interface FrontParts {
  readonly config: Config
  readonly live: LiveSnapshot
  readonly metrics: Metrics
  readonly status: () => NodeStatus
  readonly version: string
  readonly nowMs: () => number
  readonly dice: () => number
  readonly schedule: Schedule
  readonly log: Logger
}

/** Opens every front end that is switched on; when one cannot be opened, those before it are closed again. @throws ListenFailure */
export async function openFronts(parts: FrontParts): Promise<OpenFront> {
  const open: OpenFront[] = []
  const closeAll = async (): Promise<void> => {
    await Promise.all(open.map((front) => front.close()))
  }
  try {
    for (const opening of openings(parts)) open.push(await opening())
  } catch (error) {
    await closeAll()
    throw error
  }
  return { listeners: open.flatMap(({ listeners }) => listeners), close: closeAll }
}

/** In the order in which they open. */
function openings(parts: FrontParts): (() => Promise<OpenFront>)[] {
  const { config, live, metrics, log, version, nowMs, dice, status } = parts
  const current = (): Snapshot => {
    const snapshot = live.current()
    if (snapshot === null) throw new Error('front ends open after the first snapshot is published')
    return snapshot
  }
  const { trustedProxies } = config
  // Fastify would announce each port; the node does that itself, once.
  const httpLog = log.child({}, { level: log.isLevelEnabled('debug') ? 'debug' : 'warn' })
  const onAnswer = metrics.onHttpAnswer
  const deps = { current, nowMs, dice, trustedProxies, onAnswer, logger: httpLog }
  const http = (front: 'redirect' | 'discovery' | 'admin', create: () => Parameters<typeof openHttp>[2]) => {
    const address = config[front]
    return address === null ? [] : [() => openHttp(front, address, create())]
  }
  return [
    ...(config.dns === null ? [] : [() => openDns(parts, config.dns as ListenAddress, current)]),
    ...http('redirect', () => createRedirect(deps)),
    ...http('discovery', () => createDiscovery({ ...deps, version })),
    ...http('admin', () =>
      createAdmin({ current: live.current, status, nowMs, registry: metrics.registry, version, logger: httpLog }),
    ),
  ]
}

async function openDns(parts: FrontParts, address: ListenAddress, current: () => Snapshot): Promise<OpenFront> {
  const { config, live, metrics, nowMs, dice, schedule, log } = parts
  const aliases = createAliasResolver({
    servers: config.resolvers.length > 0 ? config.resolvers : systemNameServers(),
    nowMs,
    schedule,
    dice,
    onProblem: ({ name, message, serving }) => log.warn({ name, serving }, `ALIAS target ${name}: ${message}`),
  })
  let tracked: Snapshot['set'] | null = null
  const track = ({ set }: Snapshot): void => {
    if (set !== tracked) aliases.track(aliasTargets(set))
    tracked = set
  }
  track(current())
  const stopTracking = live.subscribe(track)
  const respond = createResponder({
    current,
    nowMs,
    dice,
    debug: config.dnsDebug,
    nodeId: config.nodeId,
    findAliasAddresses: aliases.addresses,
    onAnswer: metrics.onDnsAnswer,
    onFailure: (error) => log.error({ err: error }, 'a DNS query was answered with SERVFAIL'),
  })
  const close = (): void => {
    stopTracking()
    aliases.close()
  }
  try {
    const server = await startDns({ host: address.host, port: address.port, respond, schedule })
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
        close()
      },
    }
  } catch (error) {
    close()
    throw listenFailure('dns', address, error as Error)
  }
}
