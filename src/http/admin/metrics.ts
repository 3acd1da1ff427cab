import type { Freshness } from '../../domain/facts.ts'
import type { Outcome } from '../../domain/plan.ts'
import { reasonsOut } from '../../policy/in-service.ts'
import type { Snapshot, SteeredService } from '../../steering/snapshot.ts'
import type { HeartbeatResult } from '../discovery/heartbeats.ts'
import type { ReportResult } from '../discovery/reports.ts'
import type { HttpAnswer } from '../front-end.ts'
import { Counter, collectDefaultMetrics, Gauge, Registry } from './prom.ts'

/** One DNS response, as the metrics count it. */
export interface DnsResponse {
  readonly transport: 'udp' | 'tcp' | 'tls' | 'https'
  readonly rcode: number
  /** Null for what concerns no service: static records, SOA, NS, names that are not there. */
  readonly service: string | null
  /** The best endpoint of the answer; null when it names none. */
  readonly endpoint: string | null
  /** How the plan came about; null where the service is. */
  readonly outcome: Outcome | null
}

/** What an answered query said about who asked. */
export interface DnsAsker {
  /** SOURCE PREFIX-LENGTH of the client subnet; null without one. */
  readonly ecsPrefixLength: number | null
  readonly cookie: DnsCookie
}

/** What a DNS cookie was worth: `client` is a client cookie alone, `good` one with ours. */
export type DnsCookie = 'none' | 'client' | 'good' | 'bad'

/** IANA "DNS RCODEs", those that an authoritative server sends. */
const RCODE_NAMES: Readonly<Record<number, string>> = {
  0: 'NOERROR',
  1: 'FORMERR',
  2: 'SERVFAIL',
  3: 'NXDOMAIN',
  4: 'NOTIMP',
  5: 'REFUSED',
  9: 'NOTAUTH',
  16: 'BADVERS',
  23: 'BADCOOKIE',
}

export interface Metrics {
  readonly registry: Registry
  onDnsAnswer(response: DnsResponse & DnsAsker): void
  /** So many that are alike. */
  onDnsAnswers(response: DnsResponse, count: number): void
  onDnsSubnets(prefixLength: number | null, count: number): void
  onDnsCookies(cookie: DnsCookie, count: number): void
  /** Answers that the rate limit kept back: `slip` sent a short one instead. */
  onDnsLimited(verdict: 'slip' | 'drop', count: number): void
  /** Queries that workers dropped because the main thread was behind, and answers that the system would not send. */
  onDnsLosses(losses: { readonly dropped: number; readonly unsent: number }): void
  /** A datagram or connection of a balancer was dropped for want of a PROXY header. */
  onDnsProxyRefused(): void
  onHttpAnswer(answer: HttpAnswer): void
  onReport(result: ReportResult): void
  onHeartbeat(result: HeartbeatResult): void
  /** A change of the policies was not taken over. */
  onRefusedRevision(): void
  setSnapshot(snapshot: Snapshot): void
}

const FRESHNESS_STATES: readonly Freshness[] = ['fresh', 'stale', 'frozen', 'static']

/**
 * The node's metrics, and those of its process. Values of labels come from the policies and from closed sets, never
 * from a request: nobody can make the registry grow.
 */
export function createMetrics(version: string): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const counters = createCounters(registry)
  const setSnapshot = createSnapshotGauges(registry)
  createGauge(registry, 'nearcast_info', 'Version of the running node.', ['version']).set({ version }, 1)
  const onDnsAnswers: Metrics['onDnsAnswers'] = (response, count) => {
    const { transport, service, endpoint, outcome } = response
    const rcode = RCODE_NAMES[response.rcode] ?? `RCODE${response.rcode}`
    counters.dns.inc({ transport, rcode }, count)
    if (service === null || outcome === null) return
    counters.answers.inc(answerLabels('dns', service, endpoint, outcome), count)
  }
  const onDnsSubnets: Metrics['onDnsSubnets'] = (prefixLength, count) =>
    counters.dnsSubnets.inc({ prefix_length: prefixLength ?? 'none' }, count)
  const onDnsCookies: Metrics['onDnsCookies'] = (cookie, count) => counters.dnsCookies.inc({ cookie }, count)
  return {
    registry,
    onDnsAnswer(response) {
      onDnsAnswers(response, 1)
      onDnsSubnets(response.ecsPrefixLength, 1)
      onDnsCookies(response.cookie, 1)
    },
    onDnsAnswers,
    onDnsSubnets,
    onDnsCookies,
    onDnsLimited: (verdict, count) => counters.dnsLimited.inc({ verdict }, count),
    onDnsLosses({ dropped, unsent }) {
      counters.dnsLosses.inc({ cause: 'dropped' }, dropped)
      counters.dnsLosses.inc({ cause: 'unsent' }, unsent)
    },
    onDnsProxyRefused: () => counters.dnsProxy.inc(),
    onHttpAnswer({ frontEnd, status, service, endpoint, outcome }) {
      counters.http.inc({ front_end: frontEnd, status })
      if (service !== null) counters.answers.inc(answerLabels(frontEnd, service, endpoint, outcome))
    },
    onReport: (result) => counters.reports.inc({ result }),
    onHeartbeat: (result) => counters.heartbeats.inc({ result }),
    onRefusedRevision: () => counters.refused.inc(),
    setSnapshot,
  }
}

const answerLabels = (frontEnd: string, service: string, endpoint: string | null, outcome: string) => ({
  front_end: frontEnd,
  service,
  endpoint: endpoint ?? '',
  outcome,
})

function createCounters(registry: Registry) {
  const create = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name, help, labelNames, registers: [registry] })
  return {
    answers: create(
      'nearcast_answers_total',
      'Answers about a service; endpoint is the one in front, empty without one; outcome is the plan’s.',
      ['front_end', 'service', 'endpoint', 'outcome'],
    ),
    dns: create('nearcast_dns_responses_total', 'DNS responses of every kind.', ['transport', 'rcode']),
    dnsSubnets: create(
      'nearcast_dns_client_subnets_total',
      'DNS responses by the SOURCE PREFIX-LENGTH of the query’s client subnet; none without one.',
      ['prefix_length'],
    ),
    dnsCookies: create('nearcast_dns_cookies_total', 'DNS responses by what the query’s cookie was worth.', ['cookie']),
    dnsLimited: create(
      'nearcast_dns_limited_total',
      'DNS responses over UDP that the rate limit kept back, by verdict; of a slip a short one was sent instead.',
      ['verdict'],
    ),
    dnsLosses: create('nearcast_dns_losses_total', 'UDP queries that got no answer from a worker thread, by cause.', [
      'cause',
    ]),
    dnsProxy: create(
      'nearcast_dns_proxy_refused_total',
      'Datagrams and connections of load balancers that did not start with a PROXY header of version 2.',
      [],
    ),
    http: create('nearcast_http_responses_total', 'Responses of the redirector and of the discovery API.', [
      'front_end',
      'status',
    ]),
    reports: create('nearcast_reports_total', 'Reports of clients: taken, or what stood against them.', ['result']),
    heartbeats: create('nearcast_heartbeats_total', 'Heartbeats of endpoints: taken, or what stood against them.', [
      'result',
    ]),
    refused: create('nearcast_refused_revisions_total', 'Changes of the policies that were not taken over.', []),
  }
}

const createGauge = <Label extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly Label[],
) => new Gauge({ name, help, labelNames, registers: [registry] })

function createSnapshotGauges(registry: Registry): (snapshot: Snapshot) => void {
  const gauge = (name: string, help: string) => createGauge(registry, name, help, [])
  const number = gauge('nearcast_snapshot_number', 'Publications on this node so far.')
  const compiled = gauge('nearcast_snapshot_compiled_timestamp_seconds', 'When the snapshot in force was compiled.')
  const revision = gauge('nearcast_revision_number', 'Revision of the policies in force.')
  const facts = gauge('nearcast_facts_number', 'Changes of the facts on this node so far.')
  const services = gauge('nearcast_services', 'Services in force.')
  const geoBuilt = gauge(
    'nearcast_geo_build_timestamp_seconds',
    'When the geo database was built; 0 when it does not say.',
  )
  const geo = createGauge(registry, 'nearcast_geo_info', 'The geo database in force.', ['name', 'precision'])
  const freshness = createGauge(registry, 'nearcast_facts_freshness', '1 for the state that the facts are in.', [
    'state',
  ])
  let live: Snapshot | null = null
  const ofEndpoints = (
    name: string,
    help: string,
    read: (service: SteeredService) => readonly (readonly [endpoint: string, value: number])[],
  ): void => {
    const gauge: Gauge<'service' | 'endpoint'> = new Gauge({
      name,
      help,
      labelNames: ['service', 'endpoint'],
      registers: [registry],
      // Only when somebody asks: of ten thousand endpoints one changes many times a second.
      collect() {
        gauge.reset()
        for (const [service, steered] of live?.services ?? []) {
          for (const [endpoint, value] of read(steered)) gauge.set({ service, endpoint }, value)
        }
      },
    })
  }
  ofEndpoints(
    'nearcast_endpoint_eligible',
    '1 when health, policy and overrides let the endpoint be handed out.',
    eligibility,
  )
  ofEndpoints(
    'nearcast_endpoint_unreachable_networks',
    'ASNs and prefixes whose clients report that they cannot reach the endpoint, and are sent elsewhere.',
    unreachableNetworks,
  )
  return (snapshot) => {
    live = snapshot
    const { name, precision, builtAtMs } = snapshot.geo.info
    number.set(snapshot.number)
    compiled.set(snapshot.compiledAtMs / 1000)
    revision.set(snapshot.revision.number)
    facts.set(snapshot.facts.number)
    services.set(snapshot.services.size)
    geoBuilt.set((builtAtMs ?? 0) / 1000)
    geo.reset()
    geo.set({ name, precision }, 1)
    for (const state of FRESHNESS_STATES) freshness.set({ state }, state === snapshot.freshness ? 1 : 0)
  }
}

function eligibility({ policy, facts }: SteeredService): readonly (readonly [string, 0 | 1])[] {
  const reasons = reasonsOut(policy, facts)
  return policy.endpoints.map(({ id }, i) => [id, reasons[i] === null ? 1 : 0])
}

/** Of those endpoints that some network cannot reach. */
function unreachableNetworks({ policy, facts }: SteeredService): readonly (readonly [string, number])[] {
  const byEndpoint = Map.groupBy(facts.unreachable, ({ endpoint }) => endpoint)
  return [...byEndpoint].map(([endpoint, { length }]) => [policy.endpoints[endpoint]?.id ?? String(endpoint), length])
}
