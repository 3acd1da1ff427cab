import type { IpAddress } from '../../domain/address.ts'
import { ERRNO, SOCKADDR, SOCKET, type Syscalls } from './syscalls.ts'

/** How long a worker sleeps at most before it looks whether it is told to stop. */
const RECEIVE_TIMEOUT_MICROSECONDS = 100_000
const RECEIVE_BUFFER_OCTETS = 4 << 20

/**
 * Sockets bound to one address and port, among which the kernel shares datagrams out by sender (SO_REUSEPORT, socket(7)).
 * @throws Error with `code` as Node's own sockets have it; none stays open then
 */
export function openSockets(calls: Syscalls, host: IpAddress, port: number, count: number): readonly number[] {
  const opened: number[] = []
  try {
    for (let i = 0; i < count; i++) opened.push(openSocket(calls, host, port))
    return opened
  } catch (error) {
    for (const fd of opened) calls.close(fd)
    throw error
  }
}

function openSocket(calls: Syscalls, host: IpAddress, port: number): number {
  const isV4 = host.family === 4
  const domain = isV4 ? SOCKET.AF_INET : SOCKET.AF_INET6
  const fd = calls.socket(domain, SOCKET.SOCK_DGRAM | SOCKET.SOCK_CLOEXEC, 0)
  if (fd < 0) throw failure(calls, 'socket')
  try {
    const set = (level: number, name: number, ...values: readonly number[]): void => {
      const value = octetsOf(...values)
      if (calls.setsockopt(fd, level, name, value, value.length) !== 0) throw failure(calls, 'setsockopt')
    }
    set(SOCKET.SOL_SOCKET, SOCKET.SO_REUSEPORT, 1)
    set(SOCKET.SOL_SOCKET, SOCKET.SO_RCVBUF, RECEIVE_BUFFER_OCTETS)
    // struct timeval: seconds and microseconds, 64 bits each.
    set(SOCKET.SOL_SOCKET, SOCKET.SO_RCVTIMEO, 0, 0, RECEIVE_TIMEOUT_MICROSECONDS, 0)
    const isWildcard = host.bytes.every((octet) => octet === 0)
    if (!isV4) set(SOCKET.IPPROTO_IPV6, SOCKET.IPV6_V6ONLY, isWildcard ? 0 : 1)
    // A socket on all addresses is told which one was asked, and answers from there.
    if (isWildcard && isV4) set(SOCKET.IPPROTO_IP, SOCKET.IP_PKTINFO, 1)
    if (isWildcard && !isV4) set(SOCKET.IPPROTO_IPV6, SOCKET.IPV6_RECVPKTINFO, 1)
    const address = new Uint8Array(SOCKADDR.room)
    address[SOCKADDR.family] = domain
    address.set([port >> 8, port & 0xff], SOCKADDR.port)
    address.set(host.bytes, isV4 ? SOCKADDR.ipv4 : SOCKADDR.ipv6)
    if (calls.bind(fd, address, isV4 ? SOCKADDR.size4 : SOCKADDR.size6) !== 0) throw failure(calls, 'bind')
    return fd
  } catch (error) {
    calls.close(fd)
    throw error
  }
}

const octetsOf = (...values: readonly number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer)

function failure(calls: Syscalls, call: string): Error {
  const errno = calls.errno()
  const code = Object.entries(ERRNO).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`
  return Object.assign(new Error(`${call} failed: ${code}`), { code })
}
