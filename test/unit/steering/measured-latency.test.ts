import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../../../src/domain/address.ts'
import { FRONT_ENDS } from '../../../src/domain/client.ts'
import { createEstimator } from '../../../src/latency/estimator.ts'
import { decide } from '../../../src/steering/decide.ts'
import type { SteeredService } from '../../../src/steering/snapshot.ts'
import { prefix } from '../../helpers/compact-policy.ts'
import { fakeGeo } from '../../helpers/geo.ts'
import { makeSnapshot, TEST_NOW_MS } from '../../helpers/snapshot.ts'

const FRANKFURT = { country: 'DE', lat: 50.1, lon: 8.6 }
const geo = fakeGeo([
  { cidr: '20.0.0.0/9', ...FRANKFURT, asn: 64_500 },
  { cidr: '20.128.0.0/9', ...FRANKFURT, asn: 64_501 },
])
const documents = {
  'sites.yaml': `
sites:
  fra: { lat: 50, lon: 8.6, country: DE }
  lhr: { lat: 51.5, lon: -0.5, country: GB }
`,
  'api.yaml': `
service: api
names: { dns: [api.example], http: [api.example], discovery: api }
ttl: 30s
endpoints:
  frankfurt: { site: fra, a: [192.0.2.1], url: 'https://fra.api.example' }
  london: { site: lhr, a: [192.0.2.2], url: 'https://lhr.api.example' }
steer:
  - fastest: { explore: 0 }
  - take: 1
`,
}

/** What clients of an AS measured: so many networks, each in a /20 of its own. */
function measured(reports: readonly { networks: readonly string[]; asn: number; fra: number; lhr: number }[]) {
  const estimator = createEstimator()
  const empty = makeSnapshot({ documents, geo })
  const { endpoints } = (empty.services.get('api') as SteeredService).policy
  for (const { networks, asn, ...ms } of reports) {
    for (const network of networks) {
      const { bytes } = prefix(network)
      const location = geo.locations[geo.locate({ family: 4, bytes }).locationId]!
      for (let n = 0; n < 5; n++) {
        for (const [i, rttMs] of [ms.fra, ms.lhr].entries()) {
          const sample = { prefix: prefix(network), location, asn, endpoint: endpoints[i]!, family: 4, rttMs } as const
          assert.equal(estimator.addReport({ ...sample, atMs: TEST_NOW_MS }), 'taken')
        }
      }
    }
  }
  return makeSnapshot({ documents, geo, sources: { latency: estimator.view(TEST_NOW_MS) } })
}

/** Who is sent where, by every front end; fails where they differ. */
function answers(snapshot: ReturnType<typeof makeSnapshot>, addresses: readonly string[]) {
  const service = snapshot.services.get('api') as SteeredService
  return addresses.map((text) => {
    const [byDns, ...others] = FRONT_ENDS.map((frontEnd) => {
      const asker = { frontEnd, address: parseAddress(text)!, prefixLength: 32, source: 'ecs', request: null } as const
      const { endpoints, scopePrefixLength } = decide(snapshot, service, asker, TEST_NOW_MS, () => 0)
      return `${endpoints.map(({ id }) => id)} /${scopePrefixLength}`
    })
    for (const other of others) assert.equal(other, byDns)
    return byDns
  })
}

const networks = (first: number, count: number, second: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `20.${second}.${(first + i) * 16}.0/24`)
const honest = { networks: networks(0, 8, 1), asn: 64_500, fra: 20, lhr: 32 }

test('what an AS measured steers its clients, and nobody else', () => {
  const detour = { networks: networks(0, 8, 200), asn: 64_501, fra: 60, lhr: 32 }
  const clients = ['20.1.0.9', '20.99.0.9', '20.200.0.9', '20.250.0.9', '30.0.0.1']
  const before = answers(makeSnapshot({ documents, geo }), clients)
  assert.deepEqual(
    before.map((answer) => answer?.split(' ')[0]),
    Array(5).fill('frankfurt'),
  )
  const after = answers(measured([honest, detour]), clients)
  assert.deepEqual(
    after.map((answer) => answer?.split(' ')[0]),
    ['frankfurt', 'frankfurt', 'london', 'london', 'frankfurt'],
  )
  // The scope is that of the AS: nobody beside it is told its answer.
  assert.ok(
    after.slice(2, 4).every((answer) => Number(answer?.split('/')[1]) >= 9),
    after.join(),
  )
})

test('what one network measured steers that network, and its scope says so', () => {
  const lone = { networks: ['20.99.7.0/24'], asn: 64_500, fra: 90, lhr: 32 }
  assert.deepEqual(answers(measured([honest, lone]), ['20.99.7.1', '20.99.7.255']), ['london /24', 'london /24'])
  assert.match(answers(measured([honest, lone]), ['20.99.8.1'])[0]!, /^frankfurt/)
})
