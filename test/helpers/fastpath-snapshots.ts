import { type MonitoredFacts, NO_FACTS } from '../../src/domain/facts.ts'
import { fakeGeo } from './geo.ts'
import { makeSnapshot, TEST_NOW_MS } from './snapshot.ts'

/** The next edge of the time windows below. */
export const TOMORROW_MS = TEST_NOW_MS + 9 * 3_600_000

const geo = fakeGeo([
  { cidr: '5.5.0.0/16', country: 'JP', lat: 35.7, lon: 139.7, asn: 64500 },
  { cidr: '6.6.0.0/16', country: 'DE', lat: 50.1, lon: 8.7 },
  { cidr: '6.6.7.0/24', country: 'US', subdivision: 'VA', lat: 39, lon: -77.5, asn: 64501 },
  { cidr: '8.0.0.0/7', country: 'US', lat: 39, lon: -77.5 },
  { cidr: '10.99.0.0/16', country: 'DE', lat: 50.1, lon: 8.7 },
  { cidr: '2400::/16', country: 'JP', lat: 35.7, lon: 139.7 },
  { cidr: '2a00::/12', country: 'DE', lat: 50.1, lon: 8.7 },
])

const ENDPOINTS = `endpoints:
  virginia: { site: iad, a: [192.0.2.10], aaaa: ['2001:db8::10'], weight: 3 }
  frankfurt: { site: fra, a: [198.51.100.10, 198.51.100.11], aaaa: ['2001:db8:1::10'], weight: 2 }
  tokyo: { site: nrt, a: [203.0.113.10], tags: [canary] }
onAllDown: lastResort
`
const service = (name: string, steer: string, more = ''): string =>
  `service: ${name}\nnames: { dns: [${name}.geo.example, '*.${name}.geo.example'] }\nttl: 30s\n${more}steer:\n${steer}${ENDPOINTS}`

const documents: Readonly<Record<string, string>> = {
  'sites.yaml': `sites:
  iad: { lat: 39.04, lon: -77.49, country: US, subdivision: VA }
  fra: { lat: 50.11, lon: 8.68, country: DE }
  nrt: { lat: 35.77, lon: 140.39, country: JP }
`,
  'zone.yaml': `zone: geo.example
soa: { mname: ns1.geo.example, rname: hostmaster.geo.example, minimum: 20s, ttl: 1h }
ns: { ns1.geo.example: [192.0.2.53, '2001:db8::53'], ns2.geo.example: [198.51.100.53] }
records:
  - { name: www, type: CNAME, value: weighted.geo.example., ttl: 5m }
  - { name: '*.alias', type: CNAME, value: nearest.geo.example., ttl: 5s }
  - { name: '*', type: TXT, value: everything else, ttl: 5m }
${Array.from({ length: 9 }, (_, i) => `  - { name: large, type: TXT, value: "${i}${'t'.repeat(60)}", ttl: 5m }`).join('\n')}
${Array.from({ length: 9 }, (_, i) => `  - { name: huge, type: TXT, value: "${i}${'t'.repeat(200)}", ttl: 5m }`).join('\n')}
${Array.from({ length: 30 }, (_, i) => `  - { name: vast, type: TXT, value: "${i}${'t'.repeat(200)}", ttl: 5m }`).join('\n')}
  - { name: apex.host, type: MX, value: 10 mail.host.geo.example., ttl: 5m }
`,
  'weighted.yaml': service('weighted', '  - up\n  - spread: { by: weight, sticky: none }\n'),
  'sticky.yaml': service('sticky', '  - up\n  - spread: { by: weight, sticky: network }\n'),
  'nearest.yaml': service('nearest', '  - up\n  - nearest\n'),
  'pair.yaml': service('pair', '  - up\n  - nearest\n  - take: 2\n', 'https: { alpn: [h3, h2], port: 8443 }\n'),
  'https.yaml': service('https', '  - up\n  - spread: { by: weight, sticky: none }\n', 'https: true\n'),
  'lacking.yaml': service('lacking', '  - up\n  - nearest\n', 'https: true\nmissingFamily: nextEndpoint\n'),
  'canary.yaml': service('canary', '  - keep: { tag: canary }\n    when: { percent: 10% }\n  - up\n  - nearest\n'),
  'asn.yaml': service(
    'asn',
    '  - keep: { id: tokyo }\n    when: { asn: 64501 }\n  - keep: { id: virginia }\n    when: { cidr: [6.6.128.0/20, "2400:1::/32"] }\n  - up\n  - nearest\n',
  ),
  'hours.yaml': service(
    'hours',
    '  - keep: { id: tokyo }\n    when: { time: { from: "09:00", to: "17:00", zone: UTC } }\n  - up\n  - spread: { by: equal, sticky: none }\n',
    'https: true\n',
  ),
  'names.yaml': `service: names
names: { dns: [names.geo.example, '*.names.geo.example'] }
ttl: 45s
https: true
endpoints:
  inside: { site: iad, hostname: www.geo.example }
  outside: { site: fra, hostname: target.elsewhere.test }
  below: { site: nrt, hostname: deep.names.geo.example }
steer: [up, nearest]
onAllDown: lastResort
`,
}

/** Services that use every way from a client to a list. */
export const steeredSnapshot = makeSnapshot({ documents, geo })

/** The same with addresses that are down, a change that is near, and networks that measurements and reports tell apart. */
export const troubledSnapshot = makeSnapshot({
  documents: {
    ...documents,
    'fastest.yaml': service('fastest', '  - up\n  - fastest: { explore: 20% }\n', 'https: true\n'),
  },
  geo,
  sources: {
    health: new Map(
      ['weighted', 'sticky', 'pair', 'https', 'lacking', 'fastest'].map((id, index) => [
        id,
        new Map<string, MonitoredFacts>([
          ['frankfurt', { ...NO_FACTS, health: 'up', ipv4Down: [index % 2], ipv4UpShare: 0.5 }],
          ['virginia', { ...NO_FACTS, nextChangeMs: TEST_NOW_MS + 7000 + index * 1000 }],
          ['tokyo', { ...NO_FACTS, health: index % 3 === 0 ? 'down' : 'up', returnedAtMs: TEST_NOW_MS - 5000 }],
        ]),
      ]),
    ),
    latency: {
      networks: () => ({ asns: [64500], prefixes: [{ family: 4, bytes: Uint8Array.of(6, 6, 7, 0), length: 24 }] }),
      estimate: ({ index }, { location, network }) => {
        const rttMs = 40 + ((index * 17 + (location.asn ?? 0) + (network?.address.bytes[2] ?? 0) * 9) % 60)
        return { rttMs, sdMs: 4, source: 'asn', samples: 60 }
      },
    },
    unreachable: new Map([
      ['nearest', [{ endpoint: 2, network: { asn: 64500 }, expiresAtMs: TOMORROW_MS }]],
      [
        'pair',
        [
          {
            endpoint: 1,
            network: { prefix: { family: 4, bytes: Uint8Array.of(6, 6, 0, 0), length: 17 } },
            expiresAtMs: TOMORROW_MS,
          },
        ],
      ],
    ]),
  },
})

/** Zones whose client subnets are believed of some resolvers only; a chain leads from one into the other. */
export const trustingSnapshot = makeSnapshot({
  documents: {
    ...documents,
    'zone.yaml': `${documents['zone.yaml']}ecs: { trusted: [192.0.2.0/25, 5.5.0.0/16, '2400::/16'] }\n`,
    'alike.yaml': `zone: alike.example
soa: { mname: ns1.geo.example, rname: hostmaster.geo.example }
ns: { ns1.geo.example: [] }
records: [{ name: www, type: CNAME, value: nearest.geo.example., ttl: 5m }]
ecs: { trusted: [5.5.0.0/16, '2400::/16', 192.0.2.0/25] }
`,
    'other.yaml': `zone: other.example
soa: { mname: ns1.geo.example, rname: hostmaster.geo.example }
ns: { ns1.geo.example: [] }
records: [{ name: www, type: CNAME, value: nearest.geo.example., ttl: 5m }]
ecs: { trusted: [6.6.7.0/24] }
`,
    'otherwise.yaml': service('otherwise', '  - up\n  - nearest\n').replaceAll('.geo.example', '.other.example'),
  },
  geo,
})
