import { AP, EU, endpoints, type Row, steer, US } from './documents.ts'

const DIGEST = 'ab'.repeat(32)
const HEADROOM = steer('up: { failover: headroom, metric: rps }', 'nearest')
const LOAD = '{ web: { http: /, load: { rps: $.rps } } }'
const BARE = endpoints('site: iad, a: [192.0.2.10]', 'site: fra, a: [198.51.100.10]', 'site: nrt, a: [203.0.113.10]')
const DNS_ONLY = '{ dns: [api.geo.example] }'

export const CHECK_ROWS: readonly Row[] = [
  {
    rule: 'unused-check',
    name: 'every endpoint names the other one',
    service: {
      checks: '{ web: { http: /, every: 10s }, raw: { tcp: 443, every: 10s } }',
      endpoints: endpoints(`${US}, checks: [web]`, `${EU}, checks: [web]`, `${AP}, checks: web`),
    },
    expect: [['warning', 'checks.raw', 'never run']],
  },
  {
    rule: 'unused-check',
    name: 'one endpoint names none, so all apply to it',
    service: {
      checks: '{ web: { http: /, every: 10s }, raw: { tcp: 443, every: 10s } }',
      endpoints: endpoints(`${US}, checks: [web]`, `${EU}, checks: [web]`, AP),
    },
    expect: [],
  },
  {
    rule: 'unused-check',
    name: 'one that counts through a composite of a composite is run; a composite that nobody names is not',
    service: {
      checks:
        '{ web: { http: / }, raw: { tcp: 443 }, calm: { not: raw }, both: { all: [web, calm] }, or: { any: web } }',
      endpoints: endpoints(`${US}, checks: both`, `${EU}, checks: [both]`, `${AP}, checks: both`),
    },
    expect: [['warning', 'checks.or', 'never run']],
  },
  {
    rule: 'no-server-name',
    name: 'bare addresses, and an address in a URL',
    service: {
      names: DNS_ONLY,
      checks: '{ page: { http: /, scheme: https }, cert: { tls: 443 }, rpc: { grpc: 443, transport: tls } }',
      endpoints: endpoints(US, 'site: fra, a: [198.51.100.10]', "site: nrt, url: 'https://[2001:db8::1]:8443'"),
    },
    expect: [
      ['warning', 'checks.page', '`eu` and `ap`'],
      ['warning', 'checks.cert', 'bare address'],
      ['warning', 'checks.rpc', '`eu` and `ap`'],
    ],
  },
  {
    rule: 'no-server-name',
    name: 'the name is said, nothing is verified, there is no TLS, or the endpoint names other checks',
    service: {
      names: DNS_ONLY,
      checks: `{
  a: { http: /, scheme: https, host: api.example }, b: { tls: 443, serverName: api.example }, c: { tls: 443, verify: false },
  d: { http: /, port: 8080 }, e: { grpc: 50051 }, f: { tcp: 443 }, g: { tls: 443 } }`,
      endpoints: endpoints(
        US,
        'site: fra, a: [198.51.100.10], checks: [a, b, c, d, e, f]',
        'site: nrt, a: [203.0.113.10], enabled: false',
      ),
    },
    expect: [],
  },
  {
    rule: 'slow-pattern',
    name: 'a repetition inside a repetition',
    service: { checks: "{ web: { http: /, body: { matches: '^([a-z]+\\s?)+$' } } }" },
    expect: [['warning', 'checks.web.body.matches', '`([a-z]+\\s?)+`']],
  },
  {
    rule: 'slow-pattern',
    name: 'something stands between',
    service: { checks: "{ web: { http: /, body: { matches: '^(\\d+,)+(ok|warm)*$' } } }" },
    expect: [],
  },
  {
    rule: 'capacity-unknown',
    name: 'nobody states one',
    service: { checks: LOAD, steer: HEADROOM },
    expect: [['warning', 'endpoints.us', 'no endpoint states']],
  },
  {
    rule: 'capacity-unknown',
    name: 'some do not',
    service: {
      checks: LOAD,
      endpoints: endpoints(`${US}, capacity: 5`, EU, AP),
      steer: steer('up', 'spread: { by: headroom, metric: rps }'),
    },
    expect: [['warning', 'endpoints.eu', '`eu` and `ap` states no `capacity`']],
  },
  {
    rule: 'capacity-unknown',
    name: 'all who serve do',
    service: {
      checks: LOAD,
      endpoints: endpoints(`${US}, capacity: 5`, `${EU}, capacity: 0`, `${AP}, enabled: false`),
      steer: HEADROOM,
    },
    expect: [],
  },
  {
    rule: 'unreported-metric',
    name: 'no check reports it, or another',
    service: {
      checks: '{ web: { http: /, load: { load: $.load } } }',
      steer: steer(
        'up: { failover: headroom, metric: rps }',
        'shed: { low: 1, high: 2 }',
        'shed: { metric: lag, low: 1, high: 2 }',
        'spread: { by: headroom, metric: rps }',
      ),
    },
    expect: [
      ['warning', 'steer[0]', 'by the capacities alone'],
      ['warning', 'steer[2]', '`lag`'],
      ['warning', 'steer[3]', 'by the capacities alone'],
    ],
  },
  {
    rule: 'unreported-metric',
    name: 'a heartbeat may report any',
    service: {
      checks: `{ beat: { heartbeat: 30s, tokenSha256: '${DIGEST}' } }`,
      steer: steer('up', 'shed: { metric: lag, low: 1, high: 2 }'),
    },
    expect: [],
  },
  {
    rule: 'unread-load',
    name: 'one of two is read by a step',
    service: {
      checks: '{ web: { http: /, load: { rps: $.rps, lag: lag_seconds } } }',
      steer: steer('up', 'shed: { metric: rps, low: 1, high: 2 }'),
    },
    expect: [['warning', 'checks.web.load.lag', 'no step goes by it']],
  },
  {
    rule: 'unread-load',
    name: 'read by a spread, by failover, and by shedding',
    service: {
      checks: '{ web: { http: /, load: { a: $.a, b: $.b, load: $.c } } }',
      steer: steer(
        'up: { failover: headroom, metric: a }',
        'shed: { low: 1, high: 2 }',
        'spread: { by: headroom, metric: b }',
      ),
    },
    expect: [],
  },
  {
    rule: 'minimum-too-high',
    name: 'more than can serve',
    service: { endpoints: endpoints(US, EU, `${AP}, enabled: false`), minInService: '3' },
    expect: [['warning', 'minInService', '2 can serve']],
  },
  {
    rule: 'minimum-too-high',
    name: 'all of them: none may be taken out, which can be meant',
    service: { minInService: '3' },
    expect: [],
  },
  {
    rule: 'ttl-outlives-health',
    name: 'a heartbeat that expires soon, and composites that say nothing of their own',
    service: {
      ttl: '10m',
      checks: `{ beat: { heartbeat: 30s, tokenSha256: '${DIGEST}' }, web: { http: /, every: 1h }, both: { all: [beat, web] } }`,
    },
    expect: [['warning', 'ttl', 'within 30s']],
  },
  {
    rule: 'ttl-outlives-health',
    name: 'a heartbeat that takes its time',
    service: { ttl: '10m', checks: `{ beat: { heartbeat: 3m, tokenSha256: '${DIGEST}' } }` },
    expect: [],
  },
  {
    rule: 'unread-field',
    name: 'capacity that no step goes by',
    service: { endpoints: endpoints(`${US}, capacity: 5`, EU, AP) },
    expect: [['warning', 'endpoints.us.capacity', 'the capacities do nothing']],
  },
  {
    rule: 'unread-field',
    name: 'capacity that failover goes by',
    service: { endpoints: endpoints(`${US}, capacity: 5`, EU, AP), checks: LOAD, steer: HEADROOM },
    expect: [],
  },
  {
    rule: 'missing-up',
    name: 'heartbeats that nobody listens to',
    service: {
      names: DNS_ONLY,
      endpoints: BARE,
      checks: `{ beat: { heartbeat: 30s, tokenSha256: '${DIGEST}' } }`,
      steer: steer('nearest'),
    },
    expect: [['warning', 'checks', '`beat` is run']],
  },
]
