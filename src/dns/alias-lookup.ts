import { connect, isIPv6 } from 'node:net'
import dns2, { Packet } from 'dns2'
import { type IpAddress, parseAddress } from '../domain/address.ts'
import type { NameServer } from './name-servers.ts'

/**
 * One question to one recursive resolver, with dns2: the only file that knows it. Its UDP client (3.0) draws the ID from
 * a CSPRNG, opens a socket with a fresh port for each query, and checks the sender and the ID. What it leaves out is
 * done here: the question must come back, every counted record must have been readable (dns2 skips those it cannot
 * read), the records must belong to the name asked for, and a truncated answer is asked again over TCP with a deadline
 * (dns2's own TCP client has none, always uses ID 0, and cannot take IPv6 addresses).
 */

export type LookupResult =
  /** Empty: the name has no address of this family. */
  | { readonly kind: 'addresses'; readonly addresses: readonly IpAddress[]; readonly ttlSeconds: number }
  | { readonly kind: 'failed'; readonly message: string }

export type AddressType = 'A' | 'AAAA'

const TIMEOUT_MS = 2000
const MAX_CNAMES = 16
/** RFC 2308 §5 leaves the TTL of a denial without SOA to us. */
const DENIAL_WITHOUT_SOA_SECONDS = 60

/** Never rejects: whatever goes wrong is a `failed` with a sentence. */
export async function lookUpAddresses(server: NameServer, name: string, type: AddressType): Promise<LookupResult> {
  try {
    const ask = dns2.UDPClient({
      dns: server.address,
      port: server.port,
      socketType: isIPv6(server.address) ? 'udp6' : 'udp4',
      timeout: TIMEOUT_MS,
      retryOverTCP: false,
    })
    const overUdp = await ask(name, type)
    const response = overUdp.header.tc === 1 ? await askOverTcp(server, name, type) : overUdp
    return readAnswer(response, name, type)
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error))
  }
}

const failed = (message: string): LookupResult => ({ kind: 'failed', message })

function askOverTcp(server: NameServer, name: string, type: AddressType): Promise<Packet> {
  const query = new Packet()
  const id = Packet.uuid()
  query.header = new Packet.Header({ id, rd: 1 })
  query.questions.push(new Packet.Question(name, Packet.TYPE[type], Packet.CLASS.IN))
  const body = query.toBuffer()
  const { promise, resolve, reject } = Promise.withResolvers<Packet>()
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  const socket = connect({ host: server.address, port: server.port, signal })
  let received = Buffer.alloc(0)
  socket.on('error', reject)
  socket.on('close', () => reject(new Error('the connection ended before the answer did')))
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk])
    if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return
    const response = Packet.parse(received.subarray(2, 2 + received.readUInt16BE(0)))
    if (response.header.id === id) resolve(response)
    socket.destroy()
  })
  socket.end(Buffer.concat([Uint8Array.of(body.length >> 8, body.length & 0xff), body]))
  return promise
}

/** RCODEs in words for the ones that resolvers send. */
const RCODE_TEXT: Readonly<Record<number, string>> = {
  1: 'FORMERR',
  2: 'SERVFAIL',
  3: 'NXDOMAIN: the name does not exist',
  4: 'NOTIMP',
  5: 'REFUSED',
}

function readAnswer(response: Packet, name: string, type: AddressType): LookupResult {
  const { header, questions, answers, authorities } = response
  const question = questions[0]
  const echoed =
    header.qr === 1 &&
    header.opcode === 0 &&
    questions.length === 1 &&
    question?.name.toLowerCase() === name &&
    question.type === Packet.TYPE[type] &&
    question.class === Packet.CLASS.IN
  if (!echoed) return failed('the answer is to another question')
  if (header.rcode !== 0) return failed(RCODE_TEXT[header.rcode] ?? `RCODE ${header.rcode}`)
  if (header.tc === 1 || answers.length !== header.ancount) return failed('the answer is not whole')

  const found = followCnames(answers, name, type)
  if (found === null) return failed('a CNAME chain without end, or an address that is none')
  if (found.addresses.length > 0) return { kind: 'addresses', ...found }
  if (header.ra !== 1) return failed('no addresses, and the server does not recurse')
  const soa = authorities.find((record) => record.type === Packet.TYPE.SOA)
  const denial = Math.min(soa?.ttl ?? DENIAL_WITHOUT_SOA_SECONDS, soa?.minimum ?? DENIAL_WITHOUT_SOA_SECONDS)
  return { kind: 'addresses', addresses: [], ttlSeconds: Math.min(found.ttlSeconds, denial) }
}

/** Addresses at the end of the chain that starts at `name`; records of other names are not ours to believe. */
function followCnames(
  answers: readonly dns2.Packet.Resource[],
  name: string,
  type: AddressType,
): { addresses: readonly IpAddress[]; ttlSeconds: number } | null {
  let owner = name
  let ttlSeconds = Number.POSITIVE_INFINITY
  for (let step = 0; step < MAX_CNAMES; step++) {
    const own = answers.filter((record) => record.class === Packet.CLASS.IN && record.name.toLowerCase() === owner)
    const cname = own.find((record) => record.type === Packet.TYPE.CNAME)
    const records = cname === undefined ? own.filter((record) => record.type === Packet.TYPE[type]) : [cname]
    ttlSeconds = Math.min(ttlSeconds, ...records.map((record) => record.ttl))
    if (cname === undefined) {
      const addresses = records.map((record) => parseAddress(record.address ?? ''))
      const family = type === 'A' ? 4 : 6
      return addresses.every((address) => address?.family === family)
        ? { addresses: addresses as IpAddress[], ttlSeconds }
        : null
    }
    owner = (cname.domain ?? '').toLowerCase()
  }
  return null
}
