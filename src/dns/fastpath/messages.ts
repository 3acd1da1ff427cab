/** What the main thread and its workers tell each other. */
import type { MessagePort } from 'node:worker_threads'
import type { TableBuffers } from './table.ts'

export interface WorkerData {
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
  /** This worker's counters of that table: one for each of its keys, then those by prefix length. */
  readonly counts: SharedArrayBuffer
  readonly subnetsAt: number
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
