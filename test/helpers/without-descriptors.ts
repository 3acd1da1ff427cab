import { openSync } from 'node:fs'
import { parseAddress } from '../../src/domain/address.ts'
import { createHealthCheck } from '../../src/monitor/checks/registry.ts'
import { httpCheck } from './http-check.ts'
import { BASE, makeTarget, makeTools } from './probed-servers.ts'

/** A process of its own, which probes when no file descriptor is left: prints the outcome of each kind. */

const address = parseAddress('127.0.0.1')
const tls = { serverName: null, verify: 'insecure', warnDays: 0 } as const
const checks = [
  httpCheck({ port: 9 }),
  { ...BASE, kind: 'tcp', port: 9 },
  { ...BASE, kind: 'tls', port: 9, tls, alpn: [] },
  { ...BASE, kind: 'exec', command: ['true'] },
] as const
const probe = async (check: (typeof checks)[number]): Promise<string> => {
  const target = makeTarget({ host: address === null || check.kind === 'exec' ? null : { address } })
  const result = await createHealthCheck(check, makeTools())?.probe(target, new AbortController().signal)
  return `${check.kind} ${result?.outcome} ${result?.detail}`
}
// What is loaded when it is first used must be there before.
for (const check of checks) await probe(check)
try {
  for (;;) openSync('/dev/null', 'r')
} catch {
  const lines: string[] = []
  for (const check of checks) lines.push(await probe(check))
  process.stdout.write(`${lines.join('\n')}\n`)
}
