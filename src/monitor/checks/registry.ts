import type { Check } from '../../domain/check.ts'
import type { HealthCheck } from '../../ports/health-check.ts'
import { runAttempt } from './attempt.ts'
import type { CheckTools, Probe } from './kind.ts'
import { probeDns } from './kinds/dns.ts'
import { probeExec } from './kinds/exec.ts'
import { probeGrpc } from './kinds/grpc.ts'
import { probeHttp } from './kinds/http.ts'
import { probeTcp } from './kinds/tcp.ts'
import { probeTls } from './kinds/tls.ts'

export type { AskDns, DnsQuestion, DnsReply } from './ask-dns.ts'
export type { CheckTools } from './kind.ts'

/**
 * Makes a check ready to be run. Null where nothing is probed: the endpoint pushes, it counts what others found, or it is a
 * command and commands are off here.
 */
export function createHealthCheck(check: Check, tools: CheckTools): HealthCheck | null {
  const probe = probeOf(check, tools)
  if (probe === null) return null
  return {
    probe: (target, signal) => runAttempt((attempt) => probe(target, attempt), check, signal, tools.nowMs),
  }
}

function probeOf(check: Check, tools: CheckTools): Probe | null {
  switch (check.kind) {
    case 'dns':
      return probeDns(check, tools)
    case 'exec':
      return tools.exec === 'on' ? probeExec(check, tools) : null
    case 'grpc':
      return probeGrpc(check, tools)
    case 'http':
      return probeHttp(check, tools)
    case 'tcp':
      return probeTcp(check, tools)
    case 'tls':
      return probeTls(check, tools)
    case 'heartbeat':
    case 'all':
    case 'any':
    case 'atLeast':
    case 'not':
      return null
  }
}
