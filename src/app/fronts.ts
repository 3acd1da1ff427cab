import { randomBytes } from 'node:crypto'
import { createAdmin } from '../http/admin/admin.ts'
import { createDecisionTokens, KEY_OCTETS, NODE_OCTETS } from '../http/decision-token.ts'
import { createDiscovery } from '../http/discovery/discovery.ts'
import { createRedirect } from '../http/redirect/redirect.ts'
import type { Snapshot } from '../steering/snapshot.ts'
import { openDns } from './dns-front.ts'
import type { FrontParts } from './front-parts.ts'
import { type OpenFront, openHttp } from './listeners.ts'

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
  const { config, live, metrics, log, version, nowMs, dice, status, monitor, heartbeats, reports } = parts
  const current = (): Snapshot => {
    const snapshot = live.current()
    if (snapshot === null) throw new Error('front ends open after the first snapshot is published')
    return snapshot
  }
  const { trustedProxies } = config
  // Fastify would announce each port; the node does that itself, once.
  const httpLog = log.child({}, { level: log.isLevelEnabled('debug') ? 'debug' : 'warn' })
  const onAnswer = metrics.onHttpAnswer
  const tokens = createDecisionTokens(config.reportsKey ?? randomBytes(KEY_OCTETS), randomBytes(NODE_OCTETS))
  const deps = { current, nowMs, dice, tokens, trustedProxies, onAnswer, logger: httpLog }
  const http = (front: 'redirect' | 'discovery' | 'admin', create: () => Parameters<typeof openHttp>[2]) => {
    const address = config[front]
    return address === null ? [] : [() => openHttp(front, address, create())]
  }
  return [
    () => openDns(parts, current),
    ...http('redirect', () => createRedirect(deps)),
    ...http('discovery', () =>
      createDiscovery({
        ...deps,
        version,
        reports: reports === null ? null : { sink: reports, onReport: metrics.onReport },
        heartbeats: { sink: heartbeats, onHeartbeat: metrics.onHeartbeat },
      }),
    ),
    ...http('admin', () =>
      createAdmin({
        current: live.current,
        status,
        monitor,
        nowMs,
        registry: metrics.registry,
        version,
        logger: httpLog,
      }),
    ),
  ]
}
