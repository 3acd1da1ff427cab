import type { Schedule } from '../ports/schedule.ts'
import type { Balancers } from './balancers.ts'
import type { ConnectionLimits } from './connections.ts'
import type { Respond } from './respond.ts'
import { createStreamService } from './stream-connections.ts'
import { type StreamListener, startStreamListener } from './stream-listener.ts'

export interface TcpOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  readonly respond: Respond
  readonly limits: ConnectionLimits
  readonly schedule: Schedule
  readonly balancers: Balancers
}

/** Answers queries over TCP (RFC 7766). @throws Error naming host and port when the port cannot be opened */
export function startTcpServer(options: TcpOptions): Promise<StreamListener> {
  const serve = createStreamService(options.respond, 'tcp')
  return startStreamListener({
    ...options,
    transport: 'TCP',
    firstSeconds: options.limits.idleSeconds,
    serve: (connection, address) => serve(connection, connection.socket, address),
  })
}
