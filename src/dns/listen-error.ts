export type ListenTransport = 'UDP' | 'TCP' | 'TLS' | 'HTTPS'

/** Why a port could not be opened, in words: `cause` is the system's error. */
export function listenError(transport: ListenTransport, host: string, port: number, cause: unknown): Error {
  const code = (cause as NodeJS.ErrnoException | null)?.code ?? ''
  const why = REASONS[code] ?? (cause instanceof Error ? cause.message : String(cause))
  return new Error(`DNS cannot listen on ${host} port ${port} over ${transport}: ${why}`, { cause })
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there. Stop it, or choose another port.',
  EACCES: 'not permitted. Ports below 1024 need the capability CAP_NET_BIND_SERVICE; or choose a higher one.',
  EADDRNOTAVAIL: 'this machine has no such address.',
}
