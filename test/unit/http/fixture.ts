import { once } from 'node:events'
import { connect } from 'node:net'
import type { TestContext } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { type IpPrefix, parsePrefix } from '../../../src/domain/address.ts'
import { createDecisionTokens, KEY_OCTETS, NODE_OCTETS } from '../../../src/http/decision-token.ts'
import { createDiscovery, type DiscoveryDeps } from '../../../src/http/discovery/discovery.ts'
import type { FrontEndDeps, HttpAnswer } from '../../../src/http/front-end.ts'
import type { Heartbeat } from '../../../src/ports/heartbeat-sink.ts'
import type { ClientReport, MeasurementVerdict } from '../../../src/ports/report-sink.ts'
import type { Snapshot } from '../../../src/steering/snapshot.ts'
import { fakeGeo } from '../../helpers/geo.ts'
import { makeSnapshot, override, TEST_NOW_MS } from '../../helpers/snapshot.ts'

export const ASHBURN = '8.8.8.8'
export const FRANKFURT = '5.9.0.1'
export const TOKYO = '1.0.16.1'

const GEO = fakeGeo([
  { cidr: '8.8.8.0/24', country: 'US', subdivision: 'VA', lat: 39.04, lon: -77.49 },
  { cidr: '5.9.0.0/16', country: 'DE', lat: 50.11, lon: 8.68 },
  { cidr: '1.0.16.0/20', country: 'JP', lat: 35.69, lon: 139.69 },
])

const DOCUMENTS = {
  'sites.yaml': `
sites:
  iad: { lat: 39.04, lon: -77.49, country: US, subdivision: VA, city: Ashburn, region: us-east }
  fra: { lat: 50.11, lon: 8.68, country: DE, city: Frankfurt, region: eu-central }
  nrt: { lat: 35.77, lon: 140.39, country: JP, city: Tokyo, region: ap-northeast }
`,
  'tenants.yaml': `
tenants:
  acme: { plan: enterprise }
  tiny: { plan: free }
`,
  // Distance alone, as the main sample; tokyo is for DNS only.
  'api.yaml': `
service: api
names: { http: [api.example, '*.wild.example'], discovery: api }
ttl: 30s
endpoints:
  virginia: { site: iad, a: [192.0.2.10], aaaa: ['2001:db8::10'], url: https://us.api.example }
  frankfurt: { site: fra, a: [198.51.100.10], url: 'https://eu.api.example:8443/base/' }
  tokyo: { site: nrt, a: [203.0.113.10], hostname: tokyo.api.example }
steer: [up, nearest, take: 2]
`,
  'deeper.yaml': `
service: deeper
names: { http: ['*.deep.wild.example'], discovery: deeper }
ttl: 30s
endpoints:
  one: { a: [192.0.2.20], url: https://deep.example }
steer: [up]
`,
  // Nothing of the client is read.
  'plain.yaml': `
service: plain
names: { http: [plain.example], discovery: plain }
ttl: 60s
redirect: { status: 308 }
endpoints:
  one: { a: [192.0.2.20], url: https://plain.endpoint.example }
steer: [up]
`,
  'tenants-app.yaml': `
service: app
names: { http: ['*.app.example', app.example], discovery: app }
ttl: 30s
tenant: [host, { header: x-tenant }, path]
redirect: { status: 303 }
endpoints:
  eu: { site: fra, url: https://eu.app.example }
  us: { site: iad, url: https://us.app.example }
  beta: { site: iad, url: https://beta.app.example, tags: [beta] }
steer:
  - keep: { tag: beta }
    when: { any: [ { header: { x-beta: '1' } }, { cookie: { beta: 'yes' } } ] }
  - keep: { id: eu }
    when: { tenant.plan: enterprise }
    assume: false
    hard: true
    because: residency clause
  - up
  - prefer: [{ id: us }, { id: eu }]
  - take: 1
`,
  'closed.yaml': `
service: closed
names: { http: [closed.example], discovery: closed }
ttl: 20s
endpoints:
  one: { a: [192.0.2.20], url: https://one.example }
steer: [up]
onAllDown: failClosed
`,
  'sorry.yaml': `
service: sorry
names: { http: [sorry.example], discovery: sorry }
ttl: 20s
endpoints:
  one: { a: [192.0.2.20], url: https://one.example }
steer: [up]
onAllDown: { static: { url: https://sorry.endpoint.example } }
`,
  'fenced.yaml': `
service: fenced
names: { http: [fenced.example], discovery: fenced }
ttl: 20s
endpoints:
  eu: { site: fra, a: [192.0.2.20], url: https://one.example, serves: { country: [DE] } }
steer: [{ geofence: null, hard: true }, up]
`,
  'names-only.yaml': `
service: addresses
names: { http: [addresses.example], discovery: addresses }
ttl: 20s
endpoints:
  one: { a: [192.0.2.20] }
steer: [up]
`,
  'dice.yaml': `
service: dice
names: { http: [dice.example], discovery: dice }
ttl: 20s
endpoints:
  one: { a: [192.0.2.20], url: https://one.example }
  two: { a: [192.0.2.21], url: https://two.example }
steer: [up, spread: { by: equal, sticky: none }, take: 1]
`,
}

const DOWN = [override('closed/*', 'down'), override('sorry/*', 'down'), override('api/tokyo', 'obey')]

const SNAPSHOT = makeSnapshot({ documents: DOCUMENTS, geo: GEO, overrides: DOWN })

/** One snapshot for all tests of the folder: it is immutable. */
export const snapshot = (): Snapshot => SNAPSHOT

/** Every origin that any policy above names: no Location may have another. */
export const POLICY_ORIGINS: ReadonlySet<string> = new Set(
  [...JSON.stringify(DOCUMENTS).matchAll(/https:\/\/[\w.:-]+/g)].map(([url]) => new URL(url).origin),
)

function prefix(text: string): IpPrefix {
  const parsed = parsePrefix(text)
  if (!parsed.ok) throw new Error(text)
  return parsed.prefix
}

export interface Recorded {
  readonly deps: FrontEndDeps
  readonly answers: readonly HttpAnswer[]
}

/** Dependencies of a front end, and the answers that it reports. Loopback is a trusted proxy, as in the sample configuration. */
export function frontEndDeps(changes: Partial<FrontEndDeps> = {}): Recorded {
  const answers: HttpAnswer[] = []
  const deps: FrontEndDeps = {
    current: snapshot,
    nowMs: () => TEST_NOW_MS,
    dice: () => 0,
    tokens: createDecisionTokens(new Uint8Array(KEY_OCTETS), new Uint8Array(NODE_OCTETS)),
    trustedProxies: ['127.0.0.0/8', '::1/128'].map(prefix),
    onAnswer: (answer) => answers.push(answer),
    ...changes,
  }
  return { deps, answers }
}

/** A discovery API that takes reports and heartbeats, and what it took. */
export function makeDiscovery(changes: Partial<DiscoveryDeps> = {}) {
  const { deps, answers } = frontEndDeps(changes)
  const reports: ClientReport[] = []
  const heartbeats: Heartbeat[] = []
  const takeReport = (report: ClientReport): readonly MeasurementVerdict[] => {
    reports.push(report)
    return report.measurements.map(() => 'taken')
  }
  const app = createDiscovery({
    version: '0.0.0-test',
    reports: { sink: { take: takeReport } },
    heartbeats: { sink: { take: (heartbeat) => heartbeats.push(heartbeat) } },
    ...deps,
  })
  return { app, deps, answers, reports, heartbeats }
}

/** Listens on a free port of loopback until the test ends. */
export async function listen(t: TestContext, app: FastifyInstance): Promise<number> {
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.after(() => app.close())
  const address = app.server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** Sends octets as they are (Latin-1) and returns everything that comes back until the server closes. */
export async function exchange(port: number, octets: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1')
  let received = ''
  socket.on('data', (text: string) => {
    received += text
  })
  // A server that has refused may reset what is still under way.
  socket.on('error', () => {})
  socket.write(octets, 'latin1')
  await once(socket, 'close')
  return received
}

/** As `exchange`, but says that no more will come: a request that waits for its body ends. */
export async function halfClosed(port: number, octets: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).setEncoding('latin1')
  let received = ''
  socket.on('data', (text: string) => {
    received += text
  })
  socket.on('error', () => {})
  socket.on('end', () => socket.end())
  socket.end(octets, 'latin1')
  await once(socket, 'close')
  return received
}

export const statusOf = (response: string): number => Number(/^HTTP\/1\.1 (\d{3}) /.exec(response)?.[1] ?? 0)

export const headerOf = (response: string, name: string): string | null =>
  new RegExp(`^${name}: (.*)\\r$`, 'im').exec(response.split('\r\n\r\n')[0]?.concat('\r') ?? '')?.[1] ?? null
