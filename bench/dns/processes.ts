/** Starts and stops the responders, and reads what they cost from /proc. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Launch } from './launch.ts'

/** A City database is compiled before the first answer. */
const READY_WITHIN_MS = 90_000
const STOP_WITHIN_MS = 5_000

export interface Running {
  readonly pid: number
  /** Throws, with the end of its log, when it has ended by itself. */
  assertAlive(): void
  stop(): Promise<void>
}

/** A port of 127.0.0.1 that is free for TCP and UDP. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const socket = createSocket('udp4')
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(port, '127.0.0.1', resolve)
  })
  await Promise.all([
    new Promise<void>((resolve) => server.close(() => resolve())),
    new Promise<void>((resolve) => socket.close(resolve)),
  ])
  return port
}

/** Writes its files, starts it and returns once it answers this query. */
export async function startResponder(
  { command, args, files }: Launch,
  folder: string,
  port: number,
  query: Buffer,
  signal: AbortSignal,
): Promise<Running> {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const logPath = join(folder, 'log')
  const log = openSync(logPath, 'w')
  // Should this process be killed outright, the kernel ends the responder too.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', command, ...args], {
    cwd: folder,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  const running = supervise(child, command, logPath)
  try {
    await untilAnswering(running, port, query, signal)
  } catch (cause) {
    await running.stop()
    throw cause
  }
  return running
}

function supervise(child: ChildProcess, command: string, logPath: string): Running {
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const hasEnded = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null
  return {
    pid: child.pid ?? 0,
    assertAlive() {
      if (!hasEnded()) return
      const tail = readFileSync(logPath, 'utf8').trim().split('\n').slice(-8).join('\n')
      throw new Error(`${command} ended (${child.signalCode ?? child.exitCode}); its log ends with:\n${tail}`)
    },
    async stop() {
      if (hasEnded()) return
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
      await ended
      clearTimeout(timer)
    },
  }
}

async function untilAnswering(running: Running, port: number, query: Buffer, signal: AbortSignal): Promise<void> {
  const socket = createSocket('udp4')
  // Nobody listens on the port yet: ask again.
  socket.on('error', () => {})
  const answered = new Promise<true>((resolve) => {
    // A refusal is no answer yet: the zone may still be loading.
    socket.on('message', (message) => {
      if ((message[3]! & 15) === 0 && message.readUInt16BE(6) > 0) resolve(true)
    })
  })
  try {
    const attempts = READY_WITHIN_MS / 100
    for (let attempt = 0; attempt < attempts; attempt++) {
      signal.throwIfAborted()
      running.assertAlive()
      socket.send(query, port, '127.0.0.1')
      if (await Promise.race([answered, delay(100, false)])) return
    }
    throw new Error(`no answer on port ${port} within ${READY_WITHIN_MS / 1000} s`)
  } finally {
    socket.close()
  }
}

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** User and system time of all its threads so far (proc(5): fields 14 and 15 of stat). */
export function cpuMicroseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1e6
}

export function residentMegabytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1] ?? 0) / 1024
}
