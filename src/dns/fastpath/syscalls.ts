/**
 * The one unsafe file: libc through koffi, where a wrong signature or address ends the process. Linux on x64 and arm64:
 * both are LP64 and little-endian, and have the same numbers and layouts for what is used here.
 */
import { endianness } from 'node:os'

export interface Syscalls {
  socket(domain: number, type: number, protocol: number): number
  bind(fd: number, address: Uint8Array, length: number): number
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, length: number): number
  close(fd: number): number
  /** Addresses as numbers: nothing is converted, nothing allocated. */
  recvmmsg(fd: number, messages: bigint, count: number, flags: number, timeout: number): number
  sendmmsg(fd: number, messages: bigint, count: number, flags: number): number
  /** Of the last call on this thread that failed. */
  errno(): number
  /** Gives memory that has been freed back to the system; takes milliseconds. malloc_trim(3). */
  trim(keep: number): number
  /** Of memory that does not move: it must stay referenced for as long as the address is in use. */
  addressOf(memory: Uint8Array): bigint
}

/** <sys/socket.h>, <netinet/in.h>: socket(7), ip(7), ipv6(7). */
export const SOCKET = {
  AF_INET: 2,
  AF_INET6: 10,
  SOCK_DGRAM: 2,
  SOCK_CLOEXEC: 0x80000,
  SOL_SOCKET: 1,
  SO_RCVBUF: 8,
  SO_REUSEPORT: 15,
  SO_RCVTIMEO: 20,
  IPPROTO_IP: 0,
  IP_PKTINFO: 8,
  IPPROTO_IPV6: 41,
  IPV6_V6ONLY: 26,
  IPV6_RECVPKTINFO: 49,
  MSG_DONTWAIT: 0x40,
  MSG_WAITFORONE: 0x10000,
} as const

/** errno(3). */
export const ERRNO = { EINTR: 4, EAGAIN: 11, EACCES: 13, EADDRINUSE: 98, EADDRNOTAVAIL: 99 } as const

/** struct sockaddr_in (ip(7)) and sockaddr_in6 (ipv6(7)), offsets in octets. */
export const SOCKADDR = { family: 0, port: 2, ipv4: 4, ipv6: 8, scopeId: 24, size4: 16, size6: 28, room: 32 } as const

/** struct mmsghdr (recvmmsg(2)): a msghdr (recv(2)) and the length received, in 32-bit words. */
export const MMSGHDR = {
  name: 0,
  nameLength: 2,
  vector: 4,
  vectorLength: 6,
  control: 8,
  controlLength: 10,
  flags: 12,
  length: 14,
  size: 16,
} as const

/** struct iovec (readv(2)), in words. */
export const IOVEC = { base: 0, length: 2, size: 4 } as const

/** struct cmsghdr (cmsg(3)) before an in_pktinfo or in6_pktinfo: where the interface's number is, in words; room in octets. */
export const PKTINFO = { interface4: 4, interface6: 8, room: 64 } as const

/** What keeps the fast path from being used, as a sentence; else the calls. */
export type SyscallsOutcome =
  | { readonly kind: 'loaded'; readonly calls: Syscalls }
  | { readonly kind: 'unavailable'; readonly reason: string }

/** Loads koffi and finds the calls. */
export async function loadSyscalls(): Promise<SyscallsOutcome> {
  const { platform, arch } = process
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64') || endianness() !== 'LE') {
    return { kind: 'unavailable', reason: `it is made for Linux on x64 and arm64; this is ${platform} on ${arch}` }
  }
  try {
    const { default: koffi } = await import('koffi')
    assertLayout(koffi.sizeof('size_t'), koffi.sizeof('long'), koffi.sizeof('int'))
    const libc = koffi.load('libc.so.6')
    return {
      kind: 'loaded',
      calls: {
        socket: libc.func('int socket(int, int, int)'),
        bind: libc.func('int bind(int, const void*, uint32_t)'),
        setsockopt: libc.func('int setsockopt(int, int, int, const void*, uint32_t)'),
        close: libc.func('int close(int)'),
        recvmmsg: libc.func('int recvmmsg(int, size_t, uint32_t, int, size_t)'),
        sendmmsg: libc.func('int sendmmsg(int, size_t, uint32_t, int)'),
        trim: libc.func('int malloc_trim(size_t)'),
        errno: () => koffi.errno(),
        addressOf: (memory) => koffi.address(memory),
      },
    }
  } catch (error) {
    return { kind: 'unavailable', reason: error instanceof Error ? error.message : String(error) }
  }
}

/** The offsets above hold where these sizes do. */
function assertLayout(sizeT: number, long: number, int: number): void {
  const msghdr = 2 * sizeT + 4 * sizeT + sizeT
  if (sizeT !== 8 || long !== 8 || int !== 4 || msghdr / 4 !== MMSGHDR.length) {
    throw new Error(`size_t has ${sizeT} octets, long ${long}, int ${int}; the layouts of its structs need 8, 8 and 4`)
  }
}
