import type { Socket } from 'node:net'
import { type IpAddress, normaliseAddress, prefixOf } from '../domain/address.ts'
import type { Schedule } from '../ports/schedule.ts'

export interface ConnectionLimits {
  readonly maxConnections: number
  /** Per IPv4 address or IPv6 /56. */
  readonly maxConnectionsPerClient: number
  /** A connection without a whole query, or without room for its answers, for so long is closed; sooner when there are many. */
  readonly idleSeconds: number
}

/** RFC 7766 §6.2.3 wants idle time-outs of a few seconds; RFC 9210 §4.4 limits overall and per client. */
export const DEFAULT_LIMITS: ConnectionLimits = { maxConnections: 1024, maxConnectionsPerClient: 64, idleSeconds: 10 }

/** One that is open, in the count of its listener until it closes. */
export interface Connection {
  readonly socket: Socket
  /** The client becomes known after the connection was made (PROXY protocol): its other connections may have to make room. */
  identify(address: IpAddress): void
  /** Its idle time starts again, and it is the last that has to make room. */
  touch(): void
  /** The idle time that a touch gives now. */
  idleSeconds(): number
  /** How a connection that is served ends in peace, idle or with its listener: no more is read, answers under way leave. */
  onDrain(drain: () => void): void
}

/** The open connections of one listener. */
export interface Connections {
  /**
   * Takes a connection into the count, for which another may have to go. It is destroyed unless touched within `waitSeconds`.
   * @param address null when it is not known yet
   */
  admit(socket: Socket, address: IpAddress | null, waitSeconds: number): Connection
  /** Lets answers under way leave; returns what cuts off those who do not take theirs. */
  drain(): () => void
}

interface Entry extends Connection {
  clientKey: string | null
  cancelIdle: () => void
  /** Null while nobody serves it. */
  drain: (() => void) | null
}

/** A connection that is told to end gives its client so long to take its answers. */
export const DRAIN_MS = 1000

export function createConnections(limits: ConnectionLimits, schedule: Schedule): Connections {
  /** The longest silent one first. */
  const open = new Set<Entry>()

  const restart = (entry: Entry, seconds: number): void => {
    entry.cancelIdle()
    entry.cancelIdle = schedule(() => end(entry), seconds * 1000)
  }
  /** TLS and HTTP/2 have words for it, and clients that tell it from a connection that broke. */
  const end = (entry: Entry): void => {
    if (entry.drain === null) entry.socket.destroy()
    else {
      entry.drain()
      entry.cancelIdle = schedule(() => entry.socket.destroy(), DRAIN_MS)
    }
  }
  const evict = (entry: Entry | undefined): void => {
    if (entry === undefined) return
    // At once: many connections may come before this one's 'close' does, and each must find another victim.
    open.delete(entry)
    entry.socket.destroy()
  }
  const touch = (entry: Entry): void => {
    // A connection that is gone must not come back into the count.
    if (!open.delete(entry)) return
    open.add(entry)
    restart(entry, idleSecondsAt(open.size, limits))
  }

  return {
    admit(socket, address, waitSeconds) {
      const entry: Entry = {
        socket,
        clientKey: address === null ? null : clientKeyOf(address),
        cancelIdle: () => {},
        drain: null,
        identify: (client) => {
          const clientKey = clientKeyOf(client)
          evict(ownVictim(open, clientKey, limits))
          entry.clientKey = clientKey
        },
        touch: () => touch(entry),
        idleSeconds: () => idleSecondsAt(open.size, limits),
        onDrain: (drain) => {
          entry.drain = drain
        },
      }
      evict(victim(open, entry.clientKey, limits))
      open.add(entry)
      restart(entry, waitSeconds)
      // The connection is gone; 'close' follows.
      socket.on('error', () => {})
      socket.on('close', () => {
        entry.cancelIdle()
        open.delete(entry)
      })
      return entry
    },
    drain() {
      const draining = [...open]
      for (const { drain, socket } of draining) {
        if (drain === null) socket.destroySoon()
        else drain()
      }
      return () => {
        for (const { socket } of draining) socket.destroy()
      }
    },
  }
}

const SHORTEST_IDLE_SECONDS = 1

/**
 * RFC 7766 §6.2.3: "the idle period can vary dynamically, and servers MAY allow idle connections to remain open for longer
 * periods as resources permit." From half of the connections on it shrinks, in proportion to those that are left.
 */
function idleSecondsAt(open: number, { idleSeconds, maxConnections }: ConnectionLimits): number {
  const leftOfHalf = Math.min(1, 2 * (1 - open / maxConnections))
  return Math.max(idleSeconds * leftOfHalf, Math.min(idleSeconds, SHORTEST_IDLE_SECONDS))
}

/** RFC 7766 §6.2.3 and RFC 9210 §4.4: under pressure the longest idle connection goes, first of all one of the same client. */
function victim(open: ReadonlySet<Entry>, clientKey: string | null, limits: ConnectionLimits): Entry | undefined {
  const own = clientKey === null ? undefined : ownVictim(open, clientKey, limits)
  return own ?? (open.size >= limits.maxConnections ? open.values().next().value : undefined)
}

function ownVictim(open: ReadonlySet<Entry>, clientKey: string, limits: ConnectionLimits): Entry | undefined {
  const own = [...open].filter((entry) => entry.clientKey === clientKey)
  return own.length >= limits.maxConnectionsPerClient ? own[0] : undefined
}

function clientKeyOf(address: IpAddress): string {
  const normalised = normaliseAddress(address)
  return prefixOf(normalised, normalised.family === 4 ? 32 : 56).bytes.join('.')
}
