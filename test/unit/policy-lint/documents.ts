/** A set of documents in which the rules find nothing. Rows replace what they are about. */

export interface Row {
  readonly rule: string
  readonly name: string
  /** Sections of the service's document, as YAML: replaced as a whole. */
  readonly service?: Partial<Record<keyof typeof SERVICE, string>>
  /** Sections of the zone's document. */
  readonly zone?: Partial<Record<keyof typeof ZONE, string>>
  /** More documents, file name → text. */
  readonly more?: Readonly<Record<string, string>>
  /** What this rule finds: severity, path, and a piece of the message. */
  readonly expect: readonly (readonly [severity: 'error' | 'warning', path: string, says: string])[]
}

const SERVICE = {
  names: '{ dns: [api.geo.example], http: [api.example] }',
  ttl: '30s',
  https: '',
  missingFamily: '',
  minInService: '',
  tenant: '',
  endpoints: `
  us: { site: iad, a: [192.0.2.10], aaaa: ['2001:db8::10'], url: https://us.api.example }
  eu: { site: fra, a: [198.51.100.10], aaaa: ['2001:db8:1::10'], url: https://eu.api.example }
  ap: { site: nrt, a: [203.0.113.10], aaaa: ['2001:db8:2::10'], url: https://ap.api.example }`,
  checks: '{ web: { http: /healthz, every: 10s, timeout: 2s, fall: 3, rise: 2 } }',
  steer: `
  - up
  - prefer: [{ id: eu }, { id: us }]
    when: { country: DE }
  - nearest: { within: 300km }
  - spread: { by: weight, sticky: network }
  - take: 2`,
  onAllDown: 'lastResort',
  tests: '[]',
}

const ZONE = {
  ns: `{ ns1.geo.example: [192.0.2.53], ns2.geo.example: [198.51.100.53] }`,
  ecs: 'always',
  records: `
  - { name: '@', type: TXT, value: v=spf1 -all }`,
}

const SITES = `sites:
  iad: { lat: 39.04, lon: -77.49, country: US, subdivision: VA }
  fra: { lat: 50.11, lon: 8.68, country: DE }
  nrt: { lat: 35.68, lon: 139.69, country: JP }
`

const sections = (given: Readonly<Record<string, string>>): string =>
  Object.entries(given)
    .filter(([, text]) => text !== '')
    .map(([key, text]) => `${key}: ${text}\n`)
    .join('')

export const documentsOf = ({
  service,
  zone,
  more,
}: Omit<Row, 'rule' | 'name' | 'expect'>): Record<string, string> => ({
  'sites.yaml': SITES,
  'api.yaml': `service: api\n${sections({ ...SERVICE, ...service })}`,
  'geo.example.zone.yaml': `zone: geo.example\n${sections({ ...ZONE, ...zone })}`,
  ...more,
})

/** Three endpoints; what is given is added to the first, to the second, to the third. */
export const endpoints = (us: string, eu: string, ap: string): string => `
  us: { ${us} }
  eu: { ${eu} }
  ap: { ${ap} }`

export const US = "site: iad, a: [192.0.2.10], aaaa: ['2001:db8::10'], url: https://us.api.example"
export const EU = "site: fra, a: [198.51.100.10], aaaa: ['2001:db8:1::10'], url: https://eu.api.example"
export const AP = "site: nrt, a: [203.0.113.10], aaaa: ['2001:db8:2::10'], url: https://ap.api.example"

export const steer = (...steps: readonly string[]): string =>
  `\n${steps.map((step) => `  - ${step}\n`).join('')}`.trimEnd()
