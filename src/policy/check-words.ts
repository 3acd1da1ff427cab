import type { Check, TlsExpectation } from '../domain/check.ts'

/** A check much as it is written in the policy: `http /healthz every 10 s`, `all of web, raw`. */
export function describeCheck(check: Check): string {
  switch (check.kind) {
    case 'http': {
      const method = check.method === 'GET' ? '' : ` ${check.method}`
      const port = check.port === null ? '' : ` at port ${check.port}`
      return `${check.scheme ?? 'http'}${method} ${check.path}${port}${unverified(check.tls)} ${pace(check)}`
    }
    case 'tcp':
      return `tcp ${check.port} ${pace(check)}`
    case 'tls':
      return `tls ${check.port}${unverified(check.tls)} ${pace(check)}`
    case 'dns':
      return `dns ${check.qname} ${check.qtype} ${pace(check)}`
    case 'grpc':
      return `grpc ${check.port}${check.service === '' ? '' : ` ${check.service}`}${unverified(check.tls)} ${pace(check)}`
    case 'heartbeat':
      return `heartbeat within ${describeSpan(check.expireSeconds)}`
    case 'exec':
      return `exec ${check.command[0] ?? ''} ${pace(check)}`
    case 'all':
    case 'any':
      return `${check.kind} of ${check.of.join(', ')}`
    case 'atLeast':
      return `at least ${check.n} of ${check.of.join(', ')}`
    case 'not':
      return `not ${check.of}`
  }
}

const pace = ({ everySeconds }: Check): string => `every ${describeSpan(everySeconds)}`

/** What is not asked of a certificate should be seen. */
const unverified = (tls: TlsExpectation | null): string => (tls?.verify === 'insecure' ? ', any certificate,' : '')

/** `30 s`, `2 min`, `1 h`. */
export function describeSpan(seconds: number): string {
  if (seconds >= 3600 && seconds % 3600 === 0) return `${seconds / 3600} h`
  if (seconds >= 60 && seconds % 60 === 0) return `${seconds / 60} min`
  return `${seconds} s`
}
