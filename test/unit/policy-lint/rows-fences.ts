import { AP, EU, endpoints, type Row, steer, US } from './documents.ts'

const REST = ['up', 'nearest', 'take: 2']
const SERVING = endpoints(
  `${US}, serves: { country: [US, CA] }`,
  `${EU}, serves: { continent: EU }`,
  `${AP}, serves: { country: JP }`,
)
const TENANTS = { 'tenants.yaml': 'tenants:\n  acme: { home: us, plan: gold }\n  globex: { home: eu, plan: free }\n' }

export const FENCE_ROWS: readonly Row[] = [
  {
    rule: 'fence-leaves-nothing',
    name: 'two hard fences with nothing in common, for two countries',
    service: {
      steer: steer(
        'keep: { id: eu }\n    hard: true\n    when: { country: [DE, FR] }',
        'drop: { id: eu }\n    hard: true\n    when: { country: [FR, GB] }',
        ...REST,
      ),
    },
    expect: [['error', 'steer[1]', 'every client in these countries with no endpoint, whatever is up: Europe (FR)']],
  },
  {
    rule: 'fence-leaves-nothing',
    name: 'said with a reason it is a warning',
    service: {
      endpoints: SERVING,
      steer: steer('geofence:\n    hard: true\n    because: licences', ...REST),
    },
    expect: [
      ['warning', 'steer[0]', 'all of Africa; all of Antarctica; Asia without JP; North America without CA, US'],
    ],
  },
  {
    rule: 'fence-leaves-nothing',
    name: 'only some clients of a country: a state, a tenant',
    service: {
      names: "{ http: ['*.api.example'] }",
      tenant: '[{ header: x-tenant }]',
      endpoints: endpoints(US, EU, AP).replaceAll('api.example', 'x.example'),
      steer: steer(
        'keep: { id: us }\n    hard: true\n    when: { tenant.home: us }\n    because: x',
        'keep: { id: eu }\n    hard: true\n    when: { tenant.plan: gold }\n    because: x',
        ...REST,
      ),
    },
    more: TENANTS,
    expect: [
      ['warning', 'steer[1]', 'some clients in these countries with no endpoint, whatever is up: every country'],
    ],
  },
  {
    rule: 'fence-leaves-nothing',
    name: 'conditions that exclude one another never meet',
    service: {
      names: "{ http: ['*.api.example'] }",
      tenant: '[{ header: x-tenant }]',
      endpoints: endpoints(US, EU, AP).replaceAll('api.example', 'x.example'),
      steer: steer(
        'keep: { id: us }\n    hard: true\n    when: { tenant.home: us }\n    because: x',
        'keep: { id: eu }\n    hard: true\n    when: { tenant.home: eu }\n    because: x',
        ...REST,
      ),
    },
    more: TENANTS,
    expect: [],
  },
  {
    rule: 'fence-leaves-nothing',
    name: 'soft fences relax; a refusal on purpose is none',
    service: {
      endpoints: SERVING,
      steer: steer(
        "drop: { id: '*' }\n    hard: true\n    when: { country: [KP, IR] }\n    because: sanctions",
        'geofence',
        'keep: { id: eu }\n    when: { country: DE }',
        'drop: { id: eu }\n    when: { country: DE }',
        ...REST,
      ),
    },
    expect: [],
  },
  {
    rule: 'fence-leaves-nothing',
    name: 'one endpoint for everybody is a default',
    service: {
      endpoints: endpoints(`${US}, serves: { subdivision: US-VA }`, `${EU}, serves: { continent: EU }`, AP),
      steer: steer('geofence:\n    hard: true', ...REST),
    },
    expect: [],
  },
  {
    rule: 'fence-leaves-nothing',
    name: 'a state that is served leaves the rest of the country',
    service: {
      endpoints: endpoints(
        `${US}, serves: { subdivision: US-VA, country: CA }`,
        `${EU}, serves: { continent: [AF, AN, AS, EU, OC, SA] }`,
        AP,
      ),
      steer: steer(
        'geofence:\n    hard: true',
        'drop: { id: ap }\n    hard: true\n    when: { country: [US] }\n    because: x',
        ...REST,
      ),
    },
    expect: [
      ['warning', 'steer[1]', 'some clients in these countries with no endpoint, whatever is up: North America (US)'],
    ],
  },
  {
    rule: 'fence-leaves-unlocated',
    name: 'a hard geofence in which everybody is named',
    service: { endpoints: SERVING, steer: steer('geofence:\n    hard: true\n    because: x', ...REST) },
    expect: [['warning', 'steer[0]', 'there is no default']],
  },
  {
    rule: 'fence-leaves-unlocated',
    name: 'only clients with a place are fenced, or the others are refused on purpose',
    service: {
      endpoints: SERVING,
      steer: steer('geofence:\n    hard: true\n    when: { located: true }\n    because: x', ...REST),
    },
    expect: [],
  },
  {
    rule: 'fence-leaves-unlocated',
    name: 'refused on purpose',
    service: {
      endpoints: SERVING,
      steer: steer(
        "drop: { id: '*' }\n    hard: true\n    when: { located: false }\n    because: unknown",
        'geofence:\n    hard: true\n    because: x',
        ...REST,
      ),
    },
    expect: [],
  },
  {
    rule: 'selector-matches-nothing',
    name: 'a hard fence around nothing is an error, a soft one and an empty tier are not',
    service: {
      steer: steer(
        'keep: { id: eu, site: iad }\n    hard: true\n    when: { country: DE }',
        'drop: { continent: AF }',
        'prefer: [{ id: eu }, { country: BR }, { id: us }]',
        ...REST,
      ),
    },
    expect: [
      ['error', 'steer[0].keep', 'leaves every client it is for with nothing'],
      ['warning', 'steer[1].drop', 'never acts'],
      ['warning', 'steer[2].prefer[1]', 'always empty'],
    ],
  },
  {
    rule: 'selector-matches-nothing',
    name: 'one match is enough',
    service: { steer: steer('keep: { id: eu, site: fra }', 'drop: { continent: [AF, AS] }', ...REST) },
    expect: [],
  },
  {
    rule: 'selector-matches-everything',
    name: 'keep of all, soft drop of all, a first tier of all; a hard drop of all is an error',
    service: {
      steer: steer(
        "keep: { id: '*' }",
        'drop: { continent: [NA, EU, AS] }',
        "prefer: [{ id: '*' }, { id: eu }]",
        "drop: { id: '*' }\n    hard: true",
        ...REST,
      ),
    },
    expect: [
      ['warning', 'steer[0].keep', 'never acts'],
      ['warning', 'steer[1].drop', 'never acts'],
      ['warning', 'steer[2].prefer[0]', 'tiers behind'],
      ['error', 'steer[3].drop', 'every client with nothing'],
    ],
  },
  {
    rule: 'selector-matches-everything',
    name: 'the last tier may name all; a hard drop of all may be for some clients; one endpoint is a beginning',
    service: {
      steer: steer(
        "prefer: [{ id: eu }, { id: '*' }]",
        "drop: { id: '*' }\n    hard: true\n    when: { country: KP }\n    because: sanctions",
        ...REST,
      ),
    },
    expect: [],
  },
  {
    rule: 'static-fenced',
    name: 'for everybody an error, for some countries a warning',
    service: {
      steer: steer('keep: { id: eu }\n    hard: true\n    when: { country: [DE, FR] }\n    because: x', ...REST),
      onAllDown: '{ static: us }',
    },
    expect: [['warning', 'onAllDown.static', '`us` does not pass the hard fences for clients in Europe (DE, FR)']],
  },
  {
    rule: 'static-fenced',
    name: 'for everybody',
    service: { steer: steer('keep: { id: eu }\n    hard: true\n    because: x', ...REST), onAllDown: '{ static: us }' },
    expect: [['error', 'onAllDown.static', 'every country']],
  },
  {
    rule: 'static-fenced',
    name: 'a target that no fence can judge',
    service: {
      steer: steer('keep: { id: eu }\n    hard: true\n    when: { country: DE }\n    because: x', ...REST),
      onAllDown: '{ static: { a: [192.0.2.99], url: https://sorry.example } }',
    },
    expect: [['warning', 'onAllDown.static', 'cannot judge it']],
  },
  {
    rule: 'static-fenced',
    name: 'one that passes; no hard fences; a refusal fences nobody else',
    service: {
      steer: steer(
        "drop: { id: '*' }\n    hard: true\n    when: { country: KP }\n    because: sanctions",
        'keep: { id: eu }\n    hard: true\n    when: { country: DE }\n    because: x',
        ...REST,
      ),
      onAllDown: '{ static: eu }',
    },
    expect: [],
  },
  {
    rule: 'static-incomplete',
    name: 'a target without addresses and one without a URL',
    service: { onAllDown: '{ static: { url: https://sorry.example } }' },
    expect: [['warning', 'onAllDown.static', 'empty answer']],
  },
  {
    rule: 'static-incomplete',
    name: 'a target without a URL',
    service: { onAllDown: '{ static: { a: [192.0.2.99] } }' },
    expect: [['warning', 'onAllDown.static', 'cannot be redirected']],
  },
  {
    rule: 'static-incomplete',
    name: 'complete',
    service: { onAllDown: '{ static: { hostname: sorry.example, url: https://sorry.example } }' },
    expect: [],
  },
]
