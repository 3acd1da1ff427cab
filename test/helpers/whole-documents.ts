/** Documents that a whole node takes as they are: a zone with everything that answers differ by, and services steered in every way. */

const ENDPOINTS = `endpoints:
  virginia: { site: iad, a: [192.0.2.10], aaaa: ['2001:db8::10'], weight: 3 }
  frankfurt: { site: fra, a: [198.51.100.10, 198.51.100.11], aaaa: ['2001:db8:1::10'], weight: 2 }
  tokyo: { site: nrt, a: [203.0.113.10], aaaa: ['2001:db8:2::10'], tags: [canary] }
onAllDown: lastResort
`

const service = (name: string, steer: string): string =>
  `service: ${name}\nnames: { dns: [${name}.geo.example, '*.${name}.geo.example'] }\nttl: 30s\nsteer: ${steer}\n${ENDPOINTS}`

export const SERVICES = ['nearest', 'weighted', 'sticky', 'pair'] as const

const texts = (name: string, count: number, length: number): string =>
  Array.from(
    { length: count },
    (_, i) => `  - { name: ${name}, type: TXT, value: "${i}${'t'.repeat(length)}", ttl: 5m }\n`,
  ).join('')

/** File name → text. */
export const WHOLE_DOCUMENTS: Readonly<Record<string, string>> = {
  'sites.yaml': `sites:
  iad: { lat: 39.04, lon: -77.49, country: US, subdivision: VA }
  fra: { lat: 50.11, lon: 8.68, country: DE }
  nrt: { lat: 35.77, lon: 140.39, country: JP }
`,
  'geo.example.zone.yaml': `zone: geo.example
soa: { mname: ns1.geo.example, rname: hostmaster.geo.example, serial: 7, minimum: 60s, ttl: 1h }
ns: { ns1.geo.example: [192.0.2.53, '2001:db8::53'], ns2.geo.example: [198.51.100.53] }
records:
  - { name: '@', type: TXT, value: v=spf1 -all, ttl: 1h }
  - { name: '@', type: MX, value: 10 mail.geo.example., ttl: 1h }
  - { name: mail, type: A, value: 192.0.2.25, ttl: 1h }
  - { name: mail, type: AAAA, value: '2001:db8::25', ttl: 1h }
  - { name: _sip._tcp, type: SRV, value: 10 5 5060 mail.geo.example., ttl: 5m }
  - { name: www, type: CNAME, value: nearest.geo.example., ttl: 5m }
  - { name: deep.under.ent, type: TXT, value: here, ttl: 5m }
  - { name: '*.wild', type: TXT, value: any, ttl: 5m }
  - { name: here.wild, type: A, value: 192.0.2.7, ttl: 5m }
  - { name: '*.wc', type: CNAME, value: mail, ttl: 5m }
  - { name: child, type: NS, value: ns.child.geo.example., ttl: 1h }
  - { name: child, type: NS, value: ns.elsewhere.test., ttl: 1h }
  - { name: ns.child, type: A, value: 192.0.2.61, ttl: 1h }
${texts('large', 9, 60)}${texts('huge', 9, 200)}`,
  'other.example.zone.yaml': `zone: other.example
soa: { rname: hostmaster.other.example, minimum: 30s }
ns: { ns1.geo.example: [], ns2.geo.example: [] }
records:
  - { name: host, type: A, value: 192.0.2.33, ttl: 5m }
  - { name: back, type: CNAME, value: www.geo.example., ttl: 5m }
`,
  'nearest.yaml': service('nearest', '[up, nearest]'),
  'weighted.yaml': service('weighted', '[up, { spread: { by: weight, sticky: none } }]'),
  'sticky.yaml': service('sticky', '[up, { spread: { by: weight, sticky: network } }]'),
  'pair.yaml': service('pair', '[up, nearest, { take: 2 }]'),
}
