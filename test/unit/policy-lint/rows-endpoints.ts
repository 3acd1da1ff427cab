import { AP, EU, endpoints, type Row, steer, US } from './documents.ts'

const TAGS = steer('up', 'prefer: [{ tag: eu }, { tag: us }]')

export const ENDPOINT_ROWS: readonly Row[] = [
  {
    rule: 'unused-endpoint',
    name: 'a hard fence for everybody takes it away',
    service: { steer: steer('keep: { id: [us, eu] }\n    hard: true\n    because: x', 'up', 'nearest') },
    expect: [['warning', 'endpoints.ap', '`keep` (steer[0])']],
  },
  {
    rule: 'unused-endpoint',
    name: 'fences that together cover every country and nowhere',
    service: {
      endpoints: endpoints(`${US}, serves: { country: [US] }`, EU, AP),
      steer: steer(
        'geofence:\n    hard: true',
        'drop: { id: us }\n    hard: true\n    when: { country: US }\n    because: x',
        'up',
        'nearest',
      ),
    },
    expect: [['warning', 'endpoints.us', 'never an answer']],
  },
  {
    rule: 'unused-endpoint',
    name: 'behind others that never leave, without `up`',
    service: { checks: '', steer: steer('prefer: [{ id: us }, { id: eu }]', 'nearest') },
    expect: [
      ['warning', 'endpoints.eu', 'without an `up` step'],
      ['warning', 'endpoints.ap', 'without an `up` step'],
    ],
  },
  {
    rule: 'unused-endpoint',
    name: 'a backup tier behind `up` is used when the others are down',
    service: { steer: steer('up', 'prefer: [{ id: us }, { id: eu }]', 'nearest') },
    expect: [],
  },
  {
    rule: 'unused-endpoint',
    name: 'without `up`, but other countries prefer others, and a trickle keeps the last warm',
    service: {
      checks: '',
      steer: steer(
        'prefer: [{ id: eu }, { id: us }]\n    when: { continent: EU }',
        'prefer: { tiers: [{ id: us }, { id: ap }], trickle: 5% }\n    when: { not: { continent: EU } }',
      ),
    },
    expect: [],
  },
  {
    rule: 'unused-endpoint',
    name: 'fenced, but the static answer of onAllDown, or disabled on purpose',
    service: {
      endpoints: endpoints(US, `${EU}, enabled: false`, AP),
      steer: steer('keep: { id: us }\n    hard: true\n    because: x', 'up'),
      onAllDown: '{ static: ap }',
    },
    expect: [],
  },
  {
    rule: 'unused-site',
    name: 'a site in a second document',
    more: { 'more.yaml': 'sites:\n  syd: { lat: -33.87, lon: 151.21, country: AU }\n' },
    expect: [['warning', 'sites.syd', 'no endpoint stands in site `syd`']],
  },
  {
    rule: 'unused-site',
    name: 'a site that is only one of several of an endpoint',
    more: { 'more.yaml': 'sites:\n  syd: { lat: -33.87, lon: 151.21, country: AU }\n' },
    service: {
      endpoints: endpoints(US, EU, AP.replace('site: nrt', 'sites: [nrt, syd]')),
    },
    expect: [],
  },
  {
    rule: 'unused-tag',
    name: 'two tags, told at once',
    service: { endpoints: endpoints(`${US}, tags: [us, big]`, `${EU}, tags: [eu]`, `${AP}, tags: [ue]`), steer: TAGS },
    expect: [['warning', 'endpoints', '`big` and `ue`']],
  },
  {
    rule: 'unused-tag',
    name: 'tags of tiers, of `keep` and of minHealthy',
    service: {
      endpoints: endpoints(`${US}, tags: [us, a]`, `${EU}, tags: [eu, a]`, `${AP}, tags: [b]`),
      steer: steer(
        'up: { minHealthy: { per: { tag: [a] }, n: 1 } }',
        'prefer: [{ tag: eu }, { tag: us }]',
        'keep: { tag: b }',
      ),
    },
    expect: [],
  },
  {
    rule: 'unread-field',
    name: '`serves` without geofence, weights without spread, bias without nearest',
    service: {
      endpoints: endpoints(`${US}, serves: { country: [US] }`, `${EU}, weight: 2`, `${AP}, bias: 5`),
      steer: steer('up', 'fastest'),
    },
    expect: [
      ['warning', 'endpoints.us.serves', 'answered to everybody'],
      ['warning', 'endpoints.eu.weight', 'the weights do nothing'],
      ['warning', 'endpoints.ap.bias', 'the bias does nothing'],
    ],
  },
  {
    rule: 'unread-field',
    name: 'all are read',
    service: {
      endpoints: endpoints(`${US}, serves: { country: [US] }`, `${EU}, weight: 2`, `${AP}, bias: 5`),
      steer: steer('up', 'geofence', 'nearest: { within: 300km }', 'spread: { by: weight }'),
    },
    expect: [],
  },
  {
    rule: 'no-dns-data',
    name: 'an endpoint of a URL only',
    service: { endpoints: endpoints(US, EU, 'site: nrt, url: https://ap.api.example') },
    expect: [['error', 'endpoints.ap', 'NODATA']],
  },
  {
    rule: 'no-dns-data',
    name: 'a hostname is enough; one that is disabled is not asked; nor is a service without DNS names',
    service: {
      endpoints: endpoints(
        US,
        'site: fra, hostname: eu.other.example, url: https://eu.x.example',
        'site: nrt, enabled: false, url: https://ap.x.example',
      ),
    },
    expect: [],
  },
  {
    rule: 'no-dns-data',
    name: 'no DNS names',
    service: { names: '{ http: [api.example] }', endpoints: endpoints(US, EU, 'site: nrt, url: https://ap.x.example') },
    expect: [],
  },
  {
    rule: 'mixed-families',
    name: 'one without AAAA, one without A',
    service: {
      endpoints: endpoints(
        US,
        'site: fra, a: [198.51.100.10], url: https://eu.x.example',
        "site: nrt, aaaa: ['2001:db8:2::10'], url: https://ap.x.example",
      ),
    },
    expect: [
      ['warning', 'endpoints.ap', '`ap` has no A address'],
      ['warning', 'endpoints.eu', '`eu` has no AAAA address'],
    ],
  },
  {
    rule: 'mixed-families',
    name: 'IPv4 throughout; a CNAME has no family',
    service: {
      endpoints: endpoints(
        'site: iad, a: [192.0.2.10], url: https://us.x.example',
        'site: fra, a: [198.51.100.10], url: https://eu.x.example',
        'site: nrt, hostname: ap.other.example, url: https://ap.x.example',
      ),
    },
    expect: [],
  },
  {
    rule: 'mixed-families',
    name: 'the next endpoint stands in',
    service: {
      endpoints: endpoints(US, 'site: fra, a: [198.51.100.10], url: https://eu.x.example', AP),
      missingFamily: 'nextEndpoint',
      steer: steer('up', 'nearest'),
    },
    expect: [],
  },
  {
    rule: 'mixed-families',
    name: 'the next endpoint stands in, but `take` may leave none',
    service: {
      endpoints: endpoints(US, 'site: fra, a: [198.51.100.10], url: https://eu.x.example', AP),
      missingFamily: 'nextEndpoint',
    },
    expect: [['warning', 'endpoints.eu', '`eu` has no AAAA address']],
  },
  {
    rule: 'https-unused',
    name: 'no DNS names',
    service: { names: '{ http: [api.example] }', https: 'true' },
    expect: [['warning', 'https', 'no DNS names']],
  },
  {
    rule: 'https-unused',
    name: 'hostnames throughout',
    service: {
      endpoints: endpoints(
        'site: iad, hostname: us.other.example, url: https://us.x.example',
        'site: fra, hostname: eu.other.example, url: https://eu.x.example',
        'site: nrt, hostname: ap.other.example, url: https://ap.x.example',
      ),
      https: '{ alpn: h3 }',
    },
    expect: [['warning', 'https', 'no endpoint has addresses']],
  },
  {
    rule: 'https-unused',
    name: 'hostnames and others with addresses',
    service: {
      endpoints: endpoints(US, 'site: fra, hostname: eu.other.example, url: https://eu.x.example', AP),
      https: '{ port: 8443 }',
    },
    expect: [],
  },
  {
    rule: 'https-unused',
    name: 'said not to be there',
    service: { names: '{ http: [api.example] }', https: 'false' },
    expect: [],
  },
  {
    rule: 'unknown-alpn',
    name: 'those of HTTPS',
    service: { https: '{ alpn: [h3, h2, http/1.1] }' },
    expect: [],
  },
  {
    rule: 'unknown-alpn',
    name: 'a slip of the pen, a protocol without TLS, and one twice',
    service: { https: '{ alpn: [h2, http2, h2c, h2] }' },
    expect: [
      ['warning', 'https.alpn[1]', '`http2` is no protocol'],
      ['warning', 'https.alpn[2]', '`h2c` is no protocol'],
      ['warning', 'https.alpn[3]', 'given twice'],
    ],
  },
  {
    rule: 'no-url',
    name: 'none has one, though there is an HTTP name',
    service: {
      endpoints: endpoints('site: iad, a: [192.0.2.10]', 'site: fra, a: [192.0.2.11]', 'site: nrt, a: [192.0.2.12]'),
    },
    expect: [['error', 'endpoints.us', 'nowhere to redirect']],
  },
  {
    rule: 'no-url',
    name: 'one has none',
    service: { endpoints: endpoints(US, EU, "site: nrt, a: [203.0.113.10], aaaa: ['2001:db8:2::10']") },
    expect: [['warning', 'endpoints.ap', '`ap` has no `url`']],
  },
  {
    rule: 'no-url',
    name: 'discovery can say addresses',
    service: {
      names: '{ dns: [api.geo.example] }',
      endpoints: endpoints('site: iad, a: [192.0.2.10]', 'site: fra, a: [192.0.2.11]', 'site: nrt, a: [192.0.2.12]'),
    },
    expect: [],
  },
  {
    rule: 'shared-address',
    name: 'one address at two endpoints',
    service: { endpoints: endpoints(US, EU.replace('198.51.100.10', '192.0.2.10'), AP) },
    expect: [['warning', 'endpoints.eu.a[0]', 'also an address of endpoint `us`']],
  },
  {
    rule: 'shared-address',
    name: 'one address from several sites is one endpoint',
    service: { endpoints: endpoints(US.replace('site: iad', 'sites: [iad, fra]'), EU, AP) },
    expect: [],
  },
  {
    rule: 'all-disabled',
    name: 'nobody is left',
    service: {
      endpoints: endpoints(`${US}, enabled: false`, `${EU}, enabled: false`, `${AP}, enabled: false`),
    },
    expect: [['warning', 'endpoints', 'nobody gets an answer']],
  },
  {
    rule: 'all-disabled',
    name: 'one serves',
    service: { endpoints: endpoints(US, `${EU}, enabled: false`, `${AP}, enabled: false`) },
    expect: [],
  },
  {
    rule: 'all-standby',
    name: 'weight 0 everywhere',
    service: {
      endpoints: endpoints(`${US}, weight: 0`, `${EU}, weight: 0`, `${AP}, weight: 0`),
    },
    expect: [['warning', 'steer[3]', 'as if they were equal']],
  },
  {
    rule: 'all-standby',
    name: 'one serves, the others stand by; with `equal` weights do not matter',
    service: { endpoints: endpoints(US, `${EU}, weight: 0`, `${AP}, weight: 0`) },
    expect: [],
  },
  {
    rule: 'redirect-loop',
    name: 'the URL is on a host of the service, also under a wildcard',
    service: {
      names: "{ dns: [api.geo.example], http: [api.example, '*.api.example'] }",
      endpoints: endpoints(
        US,
        EU.replace('eu.api.example', 'api.example'),
        AP.replace('ap.api.example', 'ap.other.example'),
      ),
    },
    expect: [
      ['error', 'endpoints.us.url', '`us.api.example`'],
      ['error', 'endpoints.eu.url', 'for ever'],
    ],
  },
  {
    rule: 'redirect-loop',
    name: 'a host below without a wildcard; another port is another server',
    service: { endpoints: endpoints(US, EU.replace('eu.api.example', 'api.example:8443'), AP) },
    expect: [],
  },
]
