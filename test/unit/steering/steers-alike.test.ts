import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeSnapshot, override } from '../../helpers/snapshot.ts'

const SITES = 'sites:\n  iad: { lat: 39.04, lon: -77.49, country: US }\n  fra: { lat: 50.11, lon: 8.68, country: DE }\n'
const service = (
  name: string,
  more: { readonly address?: string; readonly steer?: string; readonly ttl?: string; readonly isPlaced?: boolean },
) => {
  const { address = '192.0.2', steer = '[up, nearest]', ttl = '30s', isPlaced = true } = more
  return `service: ${name}
names: { dns: [${name}.geo.example] }
ttl: ${ttl}
endpoints:
  one: { ${isPlaced ? 'site: iad, ' : ''}a: [${address}.1] }
  two: { ${isPlaced ? 'site: fra, ' : ''}a: [${address}.2] }
steer: ${steer}
`
}

const BY_ADDRESS = '[{ keep: { cidr: 192.0.2.0/24 } }, nearest]'
for (const [what, a, b, isShared] of [
  ['nothing but the name differs', {}, {}, true],
  ['other addresses', {}, { address: '198.51.100' }, true],
  [
    'other addresses, which a selector asks for',
    { steer: BY_ADDRESS },
    { steer: BY_ADDRESS, address: '198.51.100' },
    false,
  ],
  [
    'other addresses, by which endpoints are measured that have no site',
    { steer: '[up, fastest]', isPlaced: false },
    { steer: '[up, fastest]', isPlaced: false, address: '198.51.100' },
    false,
  ],
  [
    'other addresses, where the site is measured',
    { steer: '[up, fastest]' },
    { steer: '[up, fastest]', address: '198.51.100' },
    true,
  ],
  ['another TTL', {}, { ttl: '31s' }, false],
  ['other steps', {}, { steer: '[nearest]' }, false],
] as const) {
  test(`services share what they steer with: ${what}`, () => {
    const documents = { 'sites.yaml': SITES, 'a.yaml': service('a', a), 'b.yaml': service('b', b) }
    const { services } = makeSnapshot({ documents })
    assert.equal(services.get('a')?.map === services.get('b')?.map, isShared)
  })
}

test('a flip parts them, and a flip back brings the map that was there before', () => {
  const documents = { 'sites.yaml': SITES, 'a.yaml': service('a', {}), 'b.yaml': service('b', {}) }
  const first = makeSnapshot({ documents })
  const down = makeSnapshot({
    documents,
    previous: first,
    geo: first.geo,
    set: first.set,
    overrides: [override('*/one', 'down')],
  })
  const back = makeSnapshot({ documents, previous: down, geo: first.geo, set: first.set })
  const mapOf = ({ services }: typeof first) => services.get('a')?.map
  assert.notEqual(mapOf(down), mapOf(first))
  assert.equal(mapOf(back), mapOf(first))
})
