import type { Schedule } from '../ports/schedule.ts'
import type { Balancers } from './balancers.ts'
import type { ConnectionLimits } from './connections.ts'
import type { Respond } from './respond.ts'
import { createStreamService } from './stream-connections.ts'
import type { StreamListener } from './stream-listener.ts'
import { startTlsListener } from './tls-listener.ts'
import type { Certificate } from './watch-certificate.ts'

export interface EncryptedOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  readonly respond: Respond
  readonly certificate: Certificate
  readonly balancers: Balancers
  readonly schedule: Schedule
  readonly limits?: ConnectionLimits
}

/** RFC 7858 §3.4: connections are kept longer than over TCP, because a handshake costs more than a query. */
export const DEFAULT_TLS_LIMITS: ConnectionLimits = {
  maxConnections: 1024,
  maxConnectionsPerClient: 64,
  idleSeconds: 30,
}

/** Answers queries over TLS (RFC 7858). @throws Error naming host and port when the port cannot be opened */
export function startTlsServer(options: EncryptedOptions): Promise<StreamListener> {
  return startTlsListener({
    ...options,
    limits: options.limits ?? DEFAULT_TLS_LIMITS,
    transport: 'TLS',
    alpn: ['dot'],
    serve: createStreamService(options.respond, 'tls'),
  })
}
