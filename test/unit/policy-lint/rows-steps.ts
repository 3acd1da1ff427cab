import { AP, EU, endpoints, type Row, steer, US } from './documents.ts'

const ONE = `\n  us: { ${US} }`

export const STEP_ROWS: readonly Row[] = [
  {
    rule: 'after-take',
    name: '`up` and a fence after the cut can leave nothing',
    service: {
      steer: steer(
        'nearest',
        'take: 2',
        'up',
        'keep: { id: eu }\n    hard: true\n    when: { country: DE }\n    because: x',
      ),
    },
    expect: [
      ['warning', 'steer[2]', 'nothing is left'],
      ['warning', 'steer[3]', 'nothing is left'],
    ],
  },
  {
    rule: 'after-take',
    name: 'one was taken: nothing to order; two were: only those are ordered',
    service: { steer: steer('up', 'nearest', 'take: 2', 'prefer: [{ id: us }, { id: eu }]') },
    expect: [['warning', 'steer[3]', 'only orders the 2']],
  },
  {
    rule: 'after-take',
    name: 'one was taken',
    service: { steer: steer('up', 'nearest', 'take: 1', 'spread: { by: weight }') },
    expect: [['warning', 'steer[3]', 'never acts']],
  },
  {
    rule: 'after-take',
    name: '`spread` deals among the taken; behind a `spread` the cut comes last; a conditional cut is none',
    service: {
      steer: steer('up', 'take: 1\n    when: { country: DE }', 'nearest', 'take: 2', 'spread: { by: weight }'),
    },
    expect: [],
  },
  {
    rule: 'after-take',
    name: 'dealt before',
    service: {
      steer: steer('nearest: { within: 300km }', 'spread: { by: weight }', 'take: 2', 'up'),
    },
    expect: [],
  },
  {
    rule: 'order-after-spread',
    name: 'what is dealt is not ordered',
    service: { steer: steer('up', 'spread: { by: weight }', 'nearest') },
    expect: [['warning', 'steer[2]', 'dealt already']],
  },
  {
    rule: 'order-after-spread',
    name: 'dealt for some only',
    service: { steer: steer('up', 'spread: { by: weight }\n    when: { country: DE }', 'nearest') },
    expect: [],
  },
  {
    rule: 'repeated-step',
    name: 'a second spread, a second take of more, the same fence again, `up` again',
    service: {
      steer: steer(
        'up',
        'keep: { id: eu }\n    when: { country: DE }',
        'keep: { id: eu }\n    when: { country: DE }',
        'up',
        'nearest: { within: 300km }',
        'spread: { by: weight }',
        'spread: { by: equal }',
        'take: 2',
        'take: 2',
      ),
    },
    expect: [
      ['warning', 'steer[2]', '`keep` (steer[1]) has done it'],
      ['warning', 'steer[3]', '`up` (steer[0])'],
      ['warning', 'steer[6]', '`spread` (steer[5])'],
      ['warning', 'steer[8]', '`take` (steer[7])'],
    ],
  },
  {
    rule: 'repeated-step',
    name: 'each for other clients; harder; narrower; fewer',
    service: {
      steer: steer(
        'keep: { id: eu }\n    when: { country: DE }',
        'keep: { id: eu }\n    when: { country: FR }',
        'keep: { id: [eu, us] }\n    when: { country: DE }',
        'keep: { id: eu }\n    hard: true\n    when: { country: DE }\n    because: x',
        'up: { threshold: 0.5 }',
        'up: { threshold: 1 }',
        'nearest: { within: 1000km }',
        'nearest: { within: 300km }',
        'spread: { by: weight }\n    when: { country: DE }',
        'spread: { by: equal }',
        'take: 2',
        'take: 1',
      ),
    },
    expect: [],
  },
  {
    rule: 'take-too-many',
    name: 'as many as there are',
    service: { steer: steer('up', 'nearest', 'take: 3') },
    expect: [['warning', 'steer[2]', 'never more than 3']],
  },
  {
    rule: 'take-too-many',
    name: 'as many as a fence leaves',
    service: { steer: steer('drop: { id: us }\n    hard: true\n    because: x', 'up', 'nearest', 'take: 2') },
    expect: [['warning', 'steer[3]', 'never more than 2']],
  },
  {
    rule: 'take-too-many',
    name: 'fewer; one endpoint is a beginning',
    service: { steer: steer('up', 'nearest', 'take: 2') },
    expect: [],
  },
  {
    rule: 'take-too-many',
    name: 'one endpoint',
    service: { endpoints: ONE, steer: steer('up', 'take: 1') },
    expect: [],
  },
  {
    rule: 'nothing-to-order',
    name: 'no endpoint has a site',
    service: { endpoints: endpoints(US, EU, AP).replace(/site: \w+, /g, '') },
    expect: [['warning', 'steer[2]', 'no endpoint has a site']],
  },
  {
    rule: 'nothing-to-order',
    name: 'one has none',
    service: { endpoints: endpoints(US, EU, AP.replace('site: nrt, ', '')), steer: steer('up', 'fastest') },
    expect: [['warning', 'steer[1]', '`ap` has no site']],
  },
  {
    rule: 'nothing-to-order',
    name: 'all in one place',
    service: { endpoints: endpoints(US, EU, AP).replace(/site: \w+/g, 'site: iad') },
    expect: [['warning', 'steer[2]', 'the same place']],
  },
  {
    rule: 'nothing-to-order',
    name: 'in one place but for a bias; of one endpoint nothing is said',
    service: { endpoints: endpoints(`${US}, bias: 5`, EU, AP).replace(/site: \w+/g, 'site: iad') },
    expect: [],
  },
  {
    rule: 'never-equal',
    name: 'spread behind a strict order, fastest behind nearest',
    service: { steer: steer('up', 'nearest', 'fastest', 'spread: { by: weight }') },
    expect: [
      ['warning', 'steer[2]', 'no two endpoints are equal'],
      ['warning', 'steer[3]', 'no two endpoints are equal'],
    ],
  },
  {
    rule: 'never-equal',
    name: 'two at one site are equal',
    service: {
      endpoints: endpoints(US, EU.replace('fra', 'iad'), AP),
      steer: steer('up', 'nearest', 'spread: { by: weight }'),
    },
    expect: [],
  },
  {
    rule: 'never-equal',
    name: '`take` makes equals; so does `within`; an order for some clients leaves the others',
    service: { steer: steer('up', 'nearest', 'take: 2', 'spread: { by: weight }') },
    expect: [],
  },
  {
    rule: 'never-equal',
    name: 'ordered for some',
    service: {
      steer: steer(
        'up',
        'nearest\n    when: { country: DE }'.replace('nearest', 'nearest: {}'),
        'spread: { by: weight }',
      ),
    },
    expect: [],
  },
  {
    rule: 'nowhere-to-go',
    name: 'a single endpoint can shed to nobody',
    service: {
      endpoints: ONE,
      steer: steer('up', 'shed: { metric: load, low: 0.7, high: 0.9 }', 'spread: { by: weight }'),
    },
    expect: [
      ['warning', 'steer[1]', 'the only endpoint'],
      ['warning', 'steer[2]', 'the only endpoint'],
    ],
  },
  {
    rule: 'nowhere-to-go',
    name: 'there are others',
    service: { steer: steer('up', 'nearest', 'shed: { metric: load, low: 0.7, high: 0.9 }') },
    expect: [],
  },
  {
    rule: 'prefer-one-tier',
    name: 'one tier',
    service: { steer: steer('up', 'prefer: [{ id: us }]', 'nearest') },
    expect: [['warning', 'steer[1]', '`eu` and `ap`, are one tier behind it']],
  },
  {
    rule: 'prefer-one-tier',
    name: 'two tiers',
    service: { steer: steer('up', 'prefer: [{ id: us }, { id: eu }]', 'nearest') },
    expect: [],
  },
  {
    rule: 'geofence-without-serves',
    name: 'nobody says whom it serves',
    service: { steer: steer('up', 'geofence', 'nearest') },
    expect: [['warning', 'steer[1]', 'keeps all of them']],
  },
  {
    rule: 'geofence-without-serves',
    name: 'one does',
    service: {
      endpoints: endpoints(US, EU, `${AP}, serves: { country: JP }`),
      steer: steer('up', 'geofence', 'nearest'),
    },
    expect: [],
  },
  {
    rule: 'group-too-small',
    name: 'two wanted of sites that have one',
    service: { steer: steer('up: { minHealthy: { per: site, n: 2 } }', 'nearest') },
    expect: [
      ['warning', 'steer[0].up.minHealthy', 'site `iad` has 1 endpoint,'],
      ['warning', 'steer[0].up.minHealthy', 'site `fra`'],
      ['warning', 'steer[0].up.minHealthy', 'site `nrt`'],
    ],
  },
  {
    rule: 'group-too-small',
    name: 'as many as wanted',
    service: {
      endpoints: endpoints(`${US}, tags: [west]`, `${EU}, tags: [west]`, AP),
      steer: steer('up: { minHealthy: { per: { tag: [west] }, n: 2 } }', 'nearest'),
    },
    expect: [],
  },
]
