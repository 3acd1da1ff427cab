import assert from 'node:assert/strict'
import { test } from 'node:test'
import { steeredAsker } from '../../../src/dns/asker.ts'
import { parseClientSubnet } from '../../../src/dns/wire/client-subnet.ts'
import { formatAddress, type IpAddress, parseAddress, parsePrefix } from '../../../src/domain/address.ts'
import type { Zone } from '../../../src/domain/zone.ts'
import type { Decision } from '../../../src/steering/decide.ts'
import { fakeGeo } from '../../helpers/geo.ts'

const prefixOf = (text: string) => {
  const parsed = parsePrefix(text)
  if (!parsed.ok) throw new Error(`no prefix: ${text}`)
  return parsed.prefix
}

const TRUSTED: Zone['ecs'] = { trusted: ['192.0.2.0/24', '198.51.100.53/32', '2001:db8:53::/48'].map(prefixOf) }
const NOBODY: Zone['ecs'] = { trusted: [] }

/** 5.5.1.0/24. */
const subnet = parseClientSubnet(Uint8Array.of(0, 1, 24, 0, 5, 5, 1))
const decided = { scopePrefixLength: 16 } as Decision

const ROWS: readonly (readonly [ecs: Zone['ecs'], resolver: string, steered: string, scope: number])[] = [
  ['always', '203.0.113.1', '5.5.1.0', 16],
  ['never', '192.0.2.1', '192.0.2.1', 0],
  [TRUSTED, '192.0.2.0', '5.5.1.0', 16],
  [TRUSTED, '192.0.2.255', '5.5.1.0', 16],
  [TRUSTED, '192.0.3.0', '192.0.3.0', 0],
  [TRUSTED, '198.51.100.53', '5.5.1.0', 16],
  [TRUSTED, '198.51.100.52', '198.51.100.52', 0],
  [TRUSTED, '2001:db8:53:ffff::1', '5.5.1.0', 16],
  [TRUSTED, '2001:db8:54::1', '2001:db8:54::1', 0],
  // A dual-stack socket names its IPv4 peers so.
  [TRUSTED, '::ffff:192.0.2.1', '5.5.1.0', 16],
  // Anybody can have such an address with somebody else's inside.
  [TRUSTED, '64:ff9b::192.0.2.1', '64:ff9b::c000:201', 0],
  [TRUSTED, '2002:c000:201::1', '2002:c000:201::1', 0],
  [NOBODY, '192.0.2.1', '192.0.2.1', 0],
]

for (const [ecs, resolver, steered, scope] of ROWS) {
  const who = typeof ecs === 'string' ? ecs : `${ecs.trusted.length} trusted networks`
  test(`a client subnet from ${resolver}: ${who}`, () => {
    const { asker, scopeOf } = steeredAsker(parseAddress(resolver) as IpAddress, subnet, ecs, fakeGeo([]))
    assert.equal(formatAddress(asker.address), steered)
    assert.equal(asker.source, scope === 0 ? 'resolver' : 'ecs')
    assert.equal(scopeOf(decided), scope)
  })
}
