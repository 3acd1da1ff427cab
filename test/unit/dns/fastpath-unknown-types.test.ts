import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressOf } from '../../helpers/dns-fixture.ts'
import { composeQuery } from '../../helpers/dns-message.ts'
import { differ } from '../../helpers/fastpath-differ.ts'
import { makeSnapshot } from '../../helpers/snapshot.ts'

const TYPES = [1000, 32768, 65279, 65280, 65281, 65533]

const snapshot = makeSnapshot({
  documents: {
    'zone.yaml': `zone: geo.example
soa: { rname: hostmaster.geo.example }
ns: { ns1.geo.example: [192.0.2.53] }
records:
${TYPES.map((type) => `  - { name: t${type}, type: TYPE${type}, value: '\\# 4 0a000001' }\n`).join('')}
${TYPES.map((type) => `  - { name: '*.w${type}', type: TYPE${type}, value: '\\# 4 0a000001' }\n`).join('')}`,
  },
})

for (const held of TYPES) {
  test(`a name with TYPE${held} alone: no other type is answered with it`, () => {
    const ask = differ(snapshot)
    for (const name of [`t${held}.geo.example`, `x.w${held}.geo.example`]) {
      for (const type of ['A', 'CNAME', 'TXT', 'ANY', ...TYPES.map((other) => `TYPE${other}`)]) {
        assert.equal(ask(composeQuery(`${name} ${type}`).bytes, addressOf('5.5.1.1')), 'answer', `${name} ${type}`)
      }
    }
  })
}
