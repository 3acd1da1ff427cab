import { readdirSync, readFileSync } from 'node:fs'
import type { FindAliasAddresses } from '../../src/dns/alias-addresses.ts'
import type { CookieJar } from '../../src/dns/cookies.ts'
import { type AnswerRecord, createResponder, type Respond } from '../../src/dns/respond.ts'
import { type IpAddress, type IpPrefix, parseAddress } from '../../src/domain/address.ts'
import { fakeGeo } from './geo.ts'
import { makeSnapshot, TEST_NOW_MS } from './snapshot.ts'

const VECTORS = new URL('../vectors/dns/', import.meta.url)

const documents = Object.fromEntries(
  readdirSync(new URL('documents', VECTORS)).map((path) => [
    path,
    readFileSync(new URL(`documents/${path}`, VECTORS), 'utf8'),
  ]),
)

/** Clients of the vectors: documentation and other special-purpose networks are nowhere, so these are real ones. */
const geo = fakeGeo([
  { cidr: '5.5.0.0/16', country: 'JP', lat: 35.7, lon: 139.7 },
  { cidr: '6.6.0.0/16', country: 'DE', lat: 50.1, lon: 8.7 },
  { cidr: '6.6.7.0/24', country: 'US', subdivision: 'VA', lat: 39, lon: -77.5 },
  { cidr: '10.99.0.0/16', country: 'DE', lat: 50.1, lon: 8.7 },
  { cidr: '2400::/16', country: 'JP', lat: 35.7, lon: 139.7 },
])

/** The snapshot of test/vectors/dns/documents. */
export const dnsSnapshot = makeSnapshot({ documents, geo })

export const addressOf = (text: string): IpAddress => {
  const address = parseAddress(text)
  if (address === null) throw new Error(`no address: ${text}`)
  return address
}

const learned = (address: string, validSeconds: number) => ({
  addresses: [addressOf(address)],
  validUntilMs: TEST_NOW_MS + validSeconds * 1000,
})

/** What the alias resolver knows in the vectors. */
const findAliasAddresses: FindAliasAddresses = (name) => {
  switch (name) {
    case 'target.elsewhere.test':
      return { a: learned('192.0.2.201', 17), aaaa: { addresses: [], validUntilMs: TEST_NOW_MS + 40_000 } }
    case 'stale.elsewhere.test':
      return { a: learned('192.0.2.202', -1), aaaa: null }
    case 'target.child.geo.example':
      return { a: learned('192.0.2.203', 100), aaaa: null }
  }
  return null
}

export interface TestResponder {
  readonly respond: Respond
  readonly records: readonly AnswerRecord[]
}

/** A responder over the vectors' snapshot. A failure inside it fails the test. */
export function testResponder(
  options: { readonly debug?: readonly IpPrefix[]; readonly cookies?: CookieJar } = {},
): TestResponder {
  const records: AnswerRecord[] = []
  const respond = createResponder({
    current: () => dnsSnapshot,
    nowMs: () => TEST_NOW_MS,
    dice: () => 0,
    debug: options.debug ?? [],
    nodeId: 'node-1',
    version: 'nearcast',
    cookies: options.cookies ?? null,
    findAliasAddresses,
    onAnswer: (record) => records.push(record),
    onFailure: (error) => {
      throw error
    },
  })
  return { respond, records }
}
