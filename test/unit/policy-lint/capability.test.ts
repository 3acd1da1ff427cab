import assert from 'node:assert/strict'
import { test } from 'node:test'
import { capabilities } from '../../../src/policy/capability.ts'
import { loadSet } from '../../helpers/policies.ts'
import { documentsOf, steer } from './documents.ts'

const NAMES = '{ dns: [api.geo.example], http: [api.example], discovery: api }'

const ROWS: readonly {
  readonly name: string
  readonly step: string
  readonly names?: string
  /** Per front end that the service has. */
  readonly expect: Readonly<Record<string, readonly [honours: string, ...unseen: readonly string[]]>>
}[] = [
  { name: 'a bare step', step: 'nearest', expect: { dns: ['yes'], redirect: ['yes'], discovery: ['yes'] } },
  {
    name: 'a country and a share of the clients',
    step: 'drop: { id: us }\n    when: { country: DE, percent: 10 }',
    expect: { dns: ['yes'], redirect: ['yes'], discovery: ['yes'] },
  },
  {
    name: 'a header',
    step: 'keep: { id: us }\n    when: { header: { X-Beta: on } }',
    expect: { dns: ['no', 'header x-beta'], redirect: ['yes'], discovery: ['yes'] },
  },
  {
    name: 'a header, assumed to be there',
    step: 'keep: { id: us }\n    assume: true\n    when: { header: { X-Beta: on } }',
    expect: { dns: ['assumedTrue', 'header x-beta'], redirect: ['yes'], discovery: ['yes'] },
  },
  {
    name: 'host and path are not those of the service in discovery, whatever is assumed',
    step: 'keep: { id: us }\n    assume: true\n    when: { host: api.example, path: /a }',
    expect: { dns: ['assumedTrue', 'host', 'path'], redirect: ['yes'], discovery: ['no', 'host', 'path'] },
  },
  {
    name: 'assumed not to be there',
    step: 'keep: { id: us }\n    assume: false\n    when: { path: /a }',
    expect: { dns: ['assumedFalse', 'path'], redirect: ['yes'], discovery: ['assumedFalse', 'path'] },
  },
  {
    name: 'what settles it alone is enough',
    step: 'keep: { id: us }\n    when: { frontEnd: redirect, path: /a }',
    expect: { dns: ['yes'], redirect: ['yes'], discovery: ['yes'] },
  },
  {
    name: 'an alternative that is seen leaves the other one open',
    step: 'keep: { id: us }\n    when: { any: [{ country: DE }, { cookie: { region: eu } }] }',
    expect: { dns: ['no', 'cookie region'], redirect: ['yes'], discovery: ['yes'] },
  },
  {
    name: 'stickiness that falls back to the network',
    step: 'spread: { by: weight, sticky: { header: X-User } }',
    expect: { dns: ['no', 'sticky by header x-user'], redirect: ['yes'], discovery: ['yes'] },
  },
  {
    name: 'stickiness by a path, which is not that of the service in discovery',
    step: 'spread: { by: weight, sticky: path }',
    expect: { dns: ['no', 'sticky by path'], redirect: ['yes'], discovery: ['no', 'sticky by path'] },
  },
  {
    name: 'only the front ends that the service has',
    step: 'keep: { id: us }\n    when: { path: /a }',
    names: '{ http: [api.example], discovery: false }',
    expect: { redirect: ['yes'] },
  },
]

for (const row of ROWS) {
  test(`capabilities: ${row.name}`, () => {
    const { policies } = loadSet(documentsOf({ service: { names: row.names ?? NAMES, steer: steer('up', row.step) } }))
    const found = policies.flatMap(capabilities).filter(({ step }) => step === 1)
    assert.deepEqual(
      Object.fromEntries(found.map(({ frontEnd, honours, unseen }) => [frontEnd, [honours, ...unseen]])),
      row.expect,
    )
  })
}
