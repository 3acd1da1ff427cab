import type { Override } from '../domain/facts.ts'
import type { Policy } from '../domain/policy.ts'
import type { Heartbeat, HeartbeatSink } from '../ports/heartbeat-sink.ts'
import type { Schedule } from '../ports/schedule.ts'

export interface HeartbeatsParts {
  /** What believes the status and the load that they tell. */
  readonly monitor: HeartbeatSink
  /** What learns from the round trips that they tell. */
  readonly rtts: HeartbeatSink
  readonly policies: () => readonly Policy[]
  readonly schedule: Schedule
  /** Told all endpoints that drain by their own word, whenever that changes. */
  readonly onDrains: (drains: readonly Override[]) => void
}

export interface Heartbeats extends HeartbeatSink {
  close(): void
}

interface Drain {
  readonly override: Override
  readonly callOff: () => void
}

/** Of overrides that endpoints set by their own word. */
export const HEARTBEAT_OWNER = 'the endpoint itself'

/**
 * Hands heartbeats on. An endpoint that says `drain` is up to its checks, and an override of its own making holds as long as it goes on
 * saying so: those that it serves stay, and nobody new comes. An operator's override is stronger (docs/health.md).
 */
export function createHeartbeats({ monitor, rtts, policies, schedule, onDrains }: HeartbeatsParts): Heartbeats {
  const drains = new Map<string, Drain>()
  const tell = (): void => onDrains([...drains.values()].map(({ override }) => override))
  const end = (target: string): void => {
    drains.get(target)?.callOff()
    if (drains.delete(target)) tell()
  }
  return {
    take(heartbeat) {
      monitor.take(heartbeat)
      rtts.take(heartbeat)
      const target = `${heartbeat.service}/${heartbeat.endpoint}`
      if (heartbeat.status !== 'drain') return end(target)
      const before = drains.get(target)
      before?.callOff()
      // The same object as long as it goes on: nothing is compiled anew for it.
      const override = before?.override ?? drainOf(target, heartbeat.atMs)
      const callOff = schedule(() => end(target), expiryMs(heartbeat, policies()))
      drains.set(target, { override, callOff })
      if (before === undefined) tell()
    },
    close() {
      for (const { callOff } of drains.values()) callOff()
      drains.clear()
    },
  }
}

const drainOf = (target: string, setAtMs: number): Override => ({
  target,
  state: 'drain',
  owner: HEARTBEAT_OWNER,
  reason: 'its heartbeat says drain',
  setAtMs,
  // It ends with the heartbeats.
  expiresAtMs: null,
})

/** As long as the check that took it waits for the next one. */
function expiryMs({ service, checks }: Heartbeat, policies: readonly Policy[]): number {
  const policy = policies.find((each) => each.service === service)
  const seconds = (policy?.checks ?? []).flatMap((check) =>
    check.kind === 'heartbeat' && checks.includes(check.name) ? [check.expireSeconds] : [],
  )
  return Math.max(0, ...seconds) * 1_000
}
