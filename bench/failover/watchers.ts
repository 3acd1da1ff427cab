/** Asks all three front ends again and again, and remembers which endpoint each answer named. */

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { TYPE } from '../../src/dns/wire/codes.ts'
import { parseResponse } from '../../src/dns/wire/response.ts'
import { composeQuery } from '../../test/helpers/dns-message.ts'
import { nowMs } from './backends.ts'

export const FRONTS = ['dns', 'redirect', 'discovery'] as const
export type Front = (typeof FRONTS)[number]

export interface Ports {
  readonly dns: number
  readonly redirect: number
  readonly discovery: number
}

/** One answer, at the time at which it came. */
export interface Named {
  readonly atMs: number
  /** Address of the endpoint; null: no answer, or none of theirs. */
  readonly address: string | null
}

export interface Watchers {
  /** Oldest first, since the last `forget`. */
  answers(front: Front): readonly Named[]
  forget(): void
  stop(): Promise<void>
}

/** Between two questions to one front end. */
const EVERY_MS = 4
const ANSWER_WITHIN_MS = 1000

type AskFront = () => Promise<string | null>

export async function watchFronts(ports: Ports, service: string): Promise<Watchers> {
  const dns = await dnsAsker(ports.dns, service)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const asks: Readonly<Record<Front, AskFront>> = {
    dns: dns.ask,
    redirect: () => askHttp(agent, `${service}.example`, ports.redirect, '/', ({ location }) => location ?? ''),
    discovery: () =>
      askHttp(agent, `${service}.example`, ports.discovery, `/v1/services/${service}`, (_headers, body) => body),
  }
  const seen: Record<Front, Named[]> = { dns: [], redirect: [], discovery: [] }
  let isStopping = false
  const watch = async (front: Front): Promise<void> => {
    while (!isStopping) {
      const address = await asks[front]()
      seen[front].push({ atMs: nowMs(), address })
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS))
    }
  }
  const watching = Promise.all(FRONTS.map(watch))
  return {
    answers: (front) => seen[front],
    forget() {
      for (const front of FRONTS) seen[front] = []
    },
    async stop() {
      isStopping = true
      await watching
      dns.close()
      agent.destroy()
    },
  }
}

async function dnsAsker(port: number, service: string): Promise<{ readonly ask: AskFront; close(): void }> {
  const socket = createSocket('udp4')
  socket.connect(port, '127.0.0.1')
  await once(socket, 'connect')
  let id = 0
  return {
    close: () => socket.close(),
    ask: () =>
      new Promise((resolve) => {
        id = (id + 1) & 0xffff
        const { bytes } = composeQuery(`${service}.geo.example A +edns`, id)
        const take = (octets: Buffer): void => {
          if (octets.readUInt16BE(0) === id) done(addressIn(octets))
        }
        const done = (address: string | null): void => {
          clearTimeout(timer)
          socket.off('message', take)
          resolve(address)
        }
        const timer = setTimeout(done, ANSWER_WITHIN_MS, null)
        socket.on('message', take)
        socket.send(bytes)
      }),
  }
}

function addressIn(octets: Buffer): string | null {
  const response = parseResponse(octets)
  if ('malformed' in response) return null
  const record = response.answer.find(({ type }) => type === TYPE.A)
  return record === undefined ? null : [...record.data].join('.')
}

/** The endpoint's URL stands in a header, or in the body; its host is its address. */
function askHttp(
  agent: Agent,
  hostName: string,
  port: number,
  path: string,
  textOf: (headers: { readonly location?: string | undefined }, body: string) => string,
): Promise<string | null> {
  return new Promise((resolve) => {
    const options = {
      agent,
      port,
      path,
      host: '127.0.0.1',
      headers: { host: hostName },
      timeout: ANSWER_WITHIN_MS,
    }
    const request = get(options, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => {
        const text = textOf(response.headers, body)
        resolve(/https?:\/\/([\d.]+)/.exec(text)?.[1] ?? null)
      })
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(null))
  })
}
