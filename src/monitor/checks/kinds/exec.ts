import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { formatAddress } from '../../../domain/address.ts'
import type { ProbeTarget } from '../../../ports/health-check.ts'
import { CouldNotAskError, type Finding } from '../attempt.ts'
import type { ProbeKind } from '../kind.ts'
import { errorWords, shown } from '../words.ts'

/** Of what it writes, so much is kept for people; the rest is read and dropped, so that it never has to wait. */
const MOST_OUTPUT = 4096
/** This machine has no room for one more process; a command that is not there is a mistake, and must be seen. */
const NO_ROOM = ['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM']

/** Runs a command, without a shell: exit status 0 is up, 1 degraded, all others down (Nagios has warnings so). */
export const probeExec: ProbeKind<'exec'> = (check) => async (target, attempt) => {
  const [file = '', ...args] = check.command
  attempt.signal.throwIfAborted()
  attempt.waitsFor(`the end of ${file}`)
  const child = spawn(file, args, {
    // Nothing of the node's own environment, which holds its secrets.
    env: environmentOf(target, check.name),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that what it starts ends with it.
    detached: true,
  })
  const { promise, resolve, reject } = Promise.withResolvers<Finding>()
  child.once('error', (error: NodeJS.ErrnoException) =>
    reject(NO_ROOM.includes(error.code ?? '') ? new CouldNotAskError(errorWords(error)) : error),
  )
  const output = { text: '' }
  // Without a file descriptor left there are none, whatever the types say.
  const streams: readonly (Readable | undefined)[] = [child.stdout, child.stderr]
  for (const stream of streams) {
    stream?.setEncoding('utf8')
    stream?.on('error', () => {})
    stream?.on('data', (chunk: string) => {
      if (output.text.length < MOST_OUTPUT) output.text += chunk.slice(0, MOST_OUTPUT - output.text.length)
    })
  }
  // Whatever it left behind would hold its output open.
  child.once('exit', () => killGroup(child.pid))
  child.once('close', (status, signal) => resolve(findingOf(status, signal, output.text)))
  attempt.atEnd(() => {
    if (child.exitCode === null && child.signalCode === null) killGroup(child.pid)
    for (const stream of streams) stream?.destroy()
    child.unref()
  })
  return promise
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody is left of it.
  }
}

function environmentOf({ service, endpoint, host }: ProbeTarget, check: string): Record<string, string> {
  const addresses = [...endpoint.a, ...endpoint.aaaa].map(formatAddress)
  const address = host === null ? addresses[0] : 'address' in host ? formatAddress(host.address) : undefined
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    NEARCAST_SERVICE: service,
    NEARCAST_ENDPOINT: endpoint.id,
    NEARCAST_CHECK: check,
    NEARCAST_ADDRESS: address ?? '',
    NEARCAST_ADDRESSES: addresses.join(' '),
    NEARCAST_HOSTNAME: endpoint.hostname ?? '',
    NEARCAST_URL: endpoint.url ?? '',
  }
}

function findingOf(status: number | null, signal: NodeJS.Signals | null, output: string): Finding {
  const ended = status === null ? `ended by ${signal}` : `exit status ${status}`
  const firstLine = shown(output.trimStart().split('\n', 1)[0] ?? '')
  const detail = firstLine === '' ? ended : `${ended}: ${firstLine}`
  return { outcome: status === 0 ? 'pass' : status === 1 ? 'degraded' : 'fail', detail }
}
