/** The world of the demonstration: four backends, and where its clients are. */

export interface DemoSite {
  readonly id: string
  readonly address: string
  readonly place: string
}

export const SITES: readonly DemoSite[] = [
  { id: 'frankfurt', address: '127.0.0.21', place: '{ lat: 50.11, lon: 8.68, country: DE }' },
  { id: 'virginia', address: '127.0.0.22', place: '{ lat: 39.04, lon: -77.49, country: US }' },
  { id: 'saopaulo', address: '127.0.0.23', place: '{ lat: -23.55, lon: -46.63, country: BR }' },
  { id: 'tokyo', address: '127.0.0.24', place: '{ lat: 35.68, lon: 139.69, country: JP }' },
]

/** Requests a second that one backend can serve. */
export const CAPACITY = 60

/** A part of the world: clients that ask with these networks, and how many times a second. */
export interface Region {
  readonly name: string
  readonly networks: readonly string[]
  readonly perSecond: number
}

/** Networks of large access providers, one a country. */
export const REGIONS: readonly Region[] = [
  {
    name: 'Europe',
    networks: ['81.2.69.0/24', '91.0.0.0/24', '90.0.0.0/24', '79.0.0.0/24', '80.24.0.0/24'],
    perSecond: 36,
  },
  { name: 'North America', networks: ['71.0.0.0/24', '73.0.0.0/24', '99.224.0.0/24'], perSecond: 30 },
  { name: 'South America', networks: ['177.0.0.0/24', '200.147.0.0/24', '181.0.0.0/24'], perSecond: 14 },
  { name: 'Asia', networks: ['126.0.0.0/24', '114.0.0.0/24', '1.33.0.0/24', '49.96.0.0/24'], perSecond: 18 },
]

export const documentsFor = (port: number): Readonly<Record<string, string>> => ({
  'sites.yaml': `sites:\n${SITES.map(({ id, place }) => `  ${id}: ${place}`).join('\n')}\n`,
  'demo.example.zone.yaml': `zone: demo.example
soa: { rname: hostmaster.demo.example }
ns: { ns1.demo.example: [127.0.0.1], ns2.demo.example: [127.0.0.2] }
`,
  'shop.yaml': `service: shop
names: { dns: [shop.demo.example], http: [shop.example], discovery: shop }
ttl: 5s
endpoints:
${SITES.map(({ id, address }) => `  ${id}: { site: ${id}, a: [${address}], url: 'http://${address}:${port}', capacity: ${CAPACITY} }`).join('\n')}
checks:
  web:
    http: /healthz
    port: ${port}
    every: 1s
    timeout: 800ms
    fall: 2
    rise: 2
    degradedAfter: 150ms
    load: { load: $.load }
steer:
  - up: { degraded: behind, slowStart: 12s, failover: headroom }
  - nearest
  - shed: { metric: load, low: 42, high: 60, perMinute: 90 }
  - take: 1
`,
})
