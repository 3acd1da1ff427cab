import type { Listener } from '../http/admin/status.ts'
import type { HttpServer } from '../http/server.ts'
import { flagOf, variableOf } from './config-settings.ts'
import { formatListenAddress, type ListenAddress } from './config-values.ts'

export type FrontName = Listener['frontEnd']

/** A front end that listens. */
export interface OpenFront {
  readonly listeners: readonly Listener[]
  close(): Promise<void>
}

/** A port could not be opened; says which setting to change. */
export class ListenFailure extends Error {
  override readonly name = 'ListenFailure'
}

export function listenFailure(
  front: FrontName,
  address: ListenAddress,
  error: Error & { code?: string },
): ListenFailure {
  const why = REASONS[causeCode(error)] ?? error.message
  const settings = `${flagOf(front)}, ${variableOf(front)} or listen.${front} in nearcast.yaml`
  return new ListenFailure(
    `${front} cannot listen on ${formatListenAddress(address)}: ${why}. Choose another address with ${settings}, or free this one. Nothing was started.`,
    { cause: error },
  )
}

/** DNS wraps the system's error in words of its own. */
function causeCode(error: Error & { code?: string }): string {
  const { cause } = error as { cause?: { code?: string } }
  return error.code ?? cause?.code ?? ''
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken by another process',
  EACCES: 'ports below 1024 need the capability CAP_NET_BIND_SERVICE',
  EADDRNOTAVAIL: 'this machine has no such address',
}

/** Opens the port of an HTTP front end. @throws ListenFailure */
export async function openHttp(front: FrontName, address: ListenAddress, app: HttpServer): Promise<OpenFront> {
  try {
    await app.listen({ host: address.host, port: address.port })
  } catch (error) {
    await app.close()
    throw listenFailure(front, address, error as Error)
  }
  const bound = app.server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port
  const listener = {
    frontEnd: front,
    transport: 'tcp',
    address: formatListenAddress({ host: address.host, port }),
  } as const
  return { listeners: [listener], close: () => app.close() }
}
