/** What the main thread and its workers tell each other. */
import type { MessagePort } from 'node:worker_threads'
import type { RateLimiter } from '../rate-limit.ts'
import type { TableBuffers } from './table.ts'

/** What all workers have in common for as long as they live. */
export interface Common {
  /** Of the cookie jar. Null: COOKIE options are ignored. */
  readonly cookies: SharedArrayBuffer | null
  /** Null: every answer is sent. */
  readonly limiter: RateLimiter | null
  /** The table of class CH. */
  readonly chaos: TableBuffers
}

export interface WorkerData extends Common {
  readonly fd: number
  readonly control: SharedArrayBuffer
  /** Tables come here, each before its number is in the control words. */
  readonly tables: MessagePort
  /** Uniform unsigned 32-bit: where this worker's draws start. */
  readonly seed: number
}

export interface TableMessage {
  readonly number: number
  readonly buffers: TableBuffers
  /** This worker's counters while it has that table: one for each of its keys, those of the table of class CH, then COUNTED. */
  readonly counts: SharedArrayBuffer
  readonly chaosAt: number
  readonly countedAt: number
  /** Milliseconds since the epoch at the zero of the monotonic clock, which all threads share. */
  readonly epochMs: number
}

/** A datagram that the complete path answers, with what it takes to send the answer. */
export interface HandedOver {
  readonly query: Uint8Array
  readonly address: Uint8Array
  readonly addressLength: number
  readonly control: Uint8Array
  readonly controlLength: number
}

/** Milliseconds of the monotonic clock. */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}
