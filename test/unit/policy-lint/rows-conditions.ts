import { type Row, steer } from './documents.ts'

export const CONDITION_ROWS: readonly Row[] = [
  ...(
    [
      ['two countries at once', 'all: [{ country: DE }, { country: FR }]', 'never'],
      ['a country on another continent', '{ country: DE, continent: NA }', 'never'],
      ['a state of another country', '{ country: DE, subdivision: US-VA }', 'never'],
      ['unlocated, in a country', '{ located: false, country: [DE, FR] }', 'never'],
      ['a thing and its contrary', '{ cidr: 192.0.2.0/24, not: { cidr: 192.0.2.0/24 } }', 'never'],
      ['a network inside one that is excluded', '{ cidr: 192.0.2.0/25, not: { cidr: 192.0.2.0/24 } }', 'never'],
      ['less than 5%, not less than 10%', '{ percent: 5, not: { percent: 10 } }', 'never'],
      ['a header, in DNS', '{ frontEnd: dns, header: { x-a: b } }', 'never'],
      [
        'at the weekend, from Monday to Friday',
        'all: [{ time: { days: [sat, sun], zone: Europe/Berlin } }, { time: { days: [mon, tue, wed, thu, fri], zone: Europe/Berlin } }]',
        'never',
      ],
      ['located or not', 'any: [{ located: true }, { located: false }]', 'always'],
      ['every front end', '{ frontEnd: [dns, redirect, discovery] }', 'always'],
      ['not in two countries at once', 'not: { all: [{ asn: 64500 }, { asn: 64501 }] }', 'always'],
      ['one of two countries', 'any: [{ country: DE }, { country: FR }]', null],
      ['a country on its continent', '{ country: DE, continent: EU }', null],
      ['between 5% and 10%', '{ percent: 10, not: { percent: 5 } }', null],
      ['in a network, without one inside', '{ cidr: 192.0.2.0/24, not: { cidr: 192.0.2.0/25 } }', null],
      ['two lists that share a country', 'all: [{ country: [DE, FR] }, { country: [FR, GB] }]', null],
      [
        'a night that ends on Saturday, at the weekend',
        'all: [{ time: { days: [fri], from: "22:00", to: "06:00", zone: UTC } }, { time: { days: [sat], zone: UTC } }]',
        null,
      ],
      ['globs may meet', 'all: [{ header: { x-a: "a*" } }, { header: { x-a: "*b" } }]', null],
    ] as const
  ).map(
    ([name, when, verdict]): Row => ({
      rule: 'constant-condition',
      name,
      service: {
        steer: steer('up', `keep: { id: eu }\n    when: ${when.startsWith('{') ? when : `{ ${when} }`}`, 'nearest'),
      },
      expect:
        verdict === null
          ? []
          : [['warning', 'steer[1].when', verdict === 'never' ? 'never acts' : 'the condition decides nothing']],
    }),
  ),
  {
    rule: 'percent-edge',
    name: 'nobody, and everybody',
    service: {
      steer: steer(
        'up',
        'keep: { id: eu }\n    when: { percent: 0 }',
        'drop: { id: eu }\n    when: { any: [{ country: DE }, { percent: 100% }] }',
      ),
    },
    expect: [
      ['warning', 'steer[1].when', 'is nobody'],
      ['warning', 'steer[2].when', 'is everybody'],
    ],
  },
  {
    rule: 'percent-edge',
    name: 'a few',
    service: {
      names: '{ http: [api.example], discovery: false }',
      steer: steer('up', 'keep: { id: eu }\n    when: { percent: 0.1% }'),
    },
    expect: [],
  },
]
