import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { composeQuery } from '../../src/dns/client/compose-query.ts'
import { TYPE } from '../../src/dns/wire/codes.ts'
import { nameFromText } from '../../src/dns/wire/name.ts'
import { parseResponse } from '../../src/dns/wire/response.ts'
import { parsePrefix } from '../../src/domain/address.ts'
import type { Region } from './sites.ts'

export interface Clients {
  /** So many times the usual number of requests from a region. */
  setDemand(region: string, factor: number): void
  /** Requests by address of the backend since the last call. */
  taken(): ReadonlyMap<string, number>
  stop(): void
}

const TICK_MS = 50

/**
 * Clients all over the world: each asks DNS where the shop is, with its network as client subnet (RFC 7871), and makes one request there.
 */
export async function startClients(regions: readonly Region[], dnsPort: number, webPort: number): Promise<Clients> {
  const name = nameFromText('shop.demo.example')
  if (name === null) throw new Error('no name')
  const socket = createSocket('udp4')
  socket.connect(dnsPort, '127.0.0.1')
  await once(socket, 'connect')
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const demand = new Map(regions.map((region) => [region.name, 1]))
  const owed = new Map<string, number>()
  let counts = new Map<string, number>()
  let id = 0

  const visit = (address: string): void => {
    counts.set(address, (counts.get(address) ?? 0) + 1)
    const request = get({ agent, host: address, port: webPort, path: '/', timeout: 2000 }, (answer) => answer.resume())
    request.on('timeout', () => request.destroy())
    // Whoever was sent to a dead backend gets no answer, and asks again.
    request.on('error', () => {})
  }
  socket.on('message', (octets) => {
    const response = parseResponse(octets)
    if ('malformed' in response) return
    const record = response.answer.find(({ type }) => type === TYPE.A)
    if (record !== undefined) visit([...record.data].join('.'))
  })
  const ask = (network: string): void => {
    const parsed = parsePrefix(network)
    if (!parsed.ok) throw new Error(`${network} is no network`)
    const { family, bytes, length } = parsed.prefix
    id = (id + 1) & 0xffff
    const subnet = { address: { family, bytes }, prefixLength: length }
    socket.send(composeQuery({ id, name, type: TYPE.A, subnet, cookie: null }))
  }
  const timer = setInterval(() => {
    for (const region of regions) {
      const due = (owed.get(region.name) ?? 0) + region.perSecond * (demand.get(region.name) ?? 1) * (TICK_MS / 1000)
      const whole = Math.floor(due)
      owed.set(region.name, due - whole)
      for (let i = 0; i < whole; i++) {
        const network = region.networks[Math.floor(Math.random() * region.networks.length)]
        if (network !== undefined) ask(neighbour(network))
      }
    }
  }, TICK_MS)
  return {
    setDemand: (region, factor) => demand.set(region, factor),
    taken() {
      const before = counts
      counts = new Map()
      return before
    },
    stop() {
      clearInterval(timer)
      socket.close()
      agent.destroy()
    },
  }
}

/** One of the 16 networks beside each other, so that draws by network differ. */
const neighbour = (network: string): string =>
  network.replace(/^(\d+\.\d+)\.\d+\./, (_all, head: string) => `${head}.${Math.floor(Math.random() * 16)}.`)
