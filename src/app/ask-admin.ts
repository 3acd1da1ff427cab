import { formatListenAddress, type ListenAddress } from './config-values.ts'

const ANSWER_WITHIN_MS = 1000

/** Where something that listens on all addresses can be asked from the same machine. */
export function reachable({ host, port }: ListenAddress): ListenAddress {
  if (host === '0.0.0.0') return { host: '127.0.0.1', port }
  return { host: host === '::' ? '::1' : host, port }
}

/** The JSON of a `GET` on the admin port of the configured node; null when nobody answers there, or not with JSON. Never rejects. */
export async function askAdmin(admin: ListenAddress | null, path: string): Promise<unknown> {
  if (admin === null) return null
  try {
    const url = `http://${formatListenAddress(reachable(admin))}${path}`
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
    return response.ok ? await response.json() : null
  } catch {
    return null
  }
}
