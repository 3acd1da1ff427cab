import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { Worker } from 'node:worker_threads'
import { parseAddress } from '../../src/domain/address.ts'
import type { CheckBase } from '../../src/domain/check.ts'
import type { CheckTools } from '../../src/monitor/checks/kind.ts'
import type { ProbeTarget } from '../../src/ports/health-check.ts'
import { makeEndpoint } from './policies.ts'

/** Servers that behave well or badly, and what a probe needs to ask them. */

export const LOOPBACK = parseAddress('127.0.0.1') ?? assert.fail()

export const BASE: CheckBase = {
  name: 'web',
  everySeconds: 10,
  timeoutSeconds: 2,
  retries: 0,
  fall: 3,
  rise: 2,
  degradedMs: null,
}

export const makeTools = (given: Partial<CheckTools> = {}): CheckTools => ({
  lookUp: () => Promise.reject(new Error('no names here')),
  guard: () => null,
  askDns: () => Promise.reject(new Error('no DNS here')),
  exec: 'on',
  nowMs: () => performance.timeOrigin + performance.now(),
  ...given,
})

export const makeTarget = (given: Partial<ProbeTarget> = {}): ProbeTarget => ({
  service: 'api',
  endpoint: makeEndpoint('one', 0),
  host: { address: LOOPBACK },
  ...given,
})

export interface WatchedServer {
  readonly port: number
  /** Connections so far. */
  readonly seen: () => number
  /** Connections that are still open. */
  readonly open: () => number
}

/** Listens on a free port of the loopback, and counts; closed with the test. */
export async function watched(t: TestContext, server: Server, host = '127.0.0.1'): Promise<WatchedServer> {
  const sockets = new Set<Socket>()
  let seen = 0
  server.on('connection', (socket: Socket) => {
    seen++
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  server.listen(0, host)
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, seen: () => seen, open: () => sockets.size }
}

/** Does with each connection what it is told. */
export const rawServer = (t: TestContext, onSocket: (socket: Socket) => void, host?: string): Promise<WatchedServer> =>
  watched(t, createServer(onSocket), host)

/** A port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const NOT_ACCEPTING = `
  const { createServer } = require('node:net')
  const { parentPort, workerData } = require('node:worker_threads')
  const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port)
    Atomics.wait(new Int32Array(workerData), 0, 0)
    process.exit()
  })`

/** A port that listens, and where connecting hangs: its queue is full, and nobody takes from it (listen(2), backlog). */
export async function notAcceptingPort(t: TestContext): Promise<number> {
  const gate = new SharedArrayBuffer(4)
  const worker = new Worker(NOT_ACCEPTING, { eval: true, workerData: gate })
  const ended = once(worker, 'exit')
  const [port] = (await once(worker, 'message')) as [number]
  const queue = [1, 2].map(() => connect(port, '127.0.0.1').on('error', () => {}))
  await Promise.all(queue.map((socket) => once(socket, 'connect')))
  t.after(async () => {
    for (const socket of queue) socket.destroy()
    Atomics.store(new Int32Array(gate), 0, 1)
    Atomics.notify(new Int32Array(gate), 0)
    await ended
  })
  return port
}

/** Writes for as long as the other side takes it; the chunk must be valid again and again. */
export function writeForever(stream: NodeJS.WritableStream & { readonly destroyed?: boolean }, chunk: Buffer): void {
  const more = (): void => {
    while (stream.destroyed !== true && stream.writable && stream.write(chunk));
  }
  stream.on('drain', more)
  stream.on('error', () => {})
  more()
}
