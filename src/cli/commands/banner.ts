import type { Config } from '../../app/config.ts'
import type { RunningNode } from '../../app/node.ts'
import { DOH_PATH } from '../../dns/doh-request.ts'
import { type IpAddress, type IpPrefix, parseAddress, prefixCovers } from '../../domain/address.ts'
import { HEALTH_STATES } from '../../domain/facts.ts'
import type { Snapshot } from '../../steering/snapshot.ts'
import type { Io } from '../io.ts'
import { counted } from '../options.ts'

/** What listens where, from which data, and what to try. */
export function bannerText(node: RunningNode, config: Config, io: Io, tookMs: number): string {
  const snapshot = node.snapshot()
  const { revision, set, geo } = snapshot
  const built =
    geo.info.builtAtMs === null ? 'of unknown date' : `of ${new Date(geo.info.builtAtMs).toISOString().slice(0, 10)}`
  const rows: (readonly [string, string])[] = [
    ...listening(node),
    ['geo data', `${geo.info.name} ${built}, ${PRECISION[geo.info.precision]}`],
    [
      'policies',
      `${config.policies}: revision ${revision.number}, ${counted(set.policies.length, 'service')}, ${counted(set.zones.length, 'zone')}`,
    ],
    ['state', config.state],
    ['health', healthLine(node)],
  ]
  return [
    `${io.paint('bold', 'Nearcast')} is ready after ${(tookMs / 1000).toFixed(1)} s.`,
    '',
    ...rows.map(([name, value]) => `  ${name.padEnd(10)} ${value}`),
    ...geo.info.attributions.map((attribution) => io.paint('dim', `             ${attribution}`)),
    ...examples(node, snapshot, config),
    '',
    io.paint('dim', 'Ctrl-C stops it. nearcast --help shows the other commands.'),
  ].join('\n')
}

/** Also of how many nothing is known: who relies on a check must not believe that it runs where it does not. */
function healthLine({ health }: RunningNode): string {
  const endpoints = health()
  const counts = HEALTH_STATES.flatMap((state) => {
    const count = endpoints.filter((endpoint) => endpoint.health === state).length
    return count === 0 ? [] : [`${count} ${state}`]
  })
  return `${counted(endpoints.length, 'endpoint')}: ${counts.join(', ') || 'none'} (nearcast status)`
}

const PRECISION = {
  city: 'city precision',
  country: 'country precision only: install the optional city database, or put one into geo-data/',
  none: 'no database: nobody can be placed. Put one into geo-data/',
} as const

function listening({ listeners }: RunningNode): (readonly [string, string])[] {
  const names = [...new Set(listeners.map(({ frontEnd }) => frontEnd))]
  return names.map((name) => {
    const own = listeners.filter(({ frontEnd }) => frontEnd === name)
    const address = own[0]?.address ?? ''
    return [name, WHERE[name](address, own.map(transportText).join(' and '))]
  })
}

type Listeners = RunningNode['listeners']

const plainHttp = (address: string): string => `http://${address}`
const WHERE: Readonly<Record<Listeners[number]['frontEnd'], (address: string, transports: string) => string>> = {
  dns: (address, transports) => `${address} ${transports}`,
  dot: (address) => `${address} DNS over TLS`,
  doh: (address) => `https://${address}${DOH_PATH}`,
  redirect: plainHttp,
  discovery: plainHttp,
  admin: plainHttp,
}

const transportText = ({ transport, workers }: RunningNode['listeners'][number]): string =>
  workers === undefined ? transport : `${transport} (${counted(workers, 'worker thread')})`

// A client in London.
const CLIENT = '81.2.69.142'
const SUBNET = '81.2.69.0/24'

/** Three commands that work as they stand: one for each front end that is open, on the first service that it knows. */
function examples({ listeners }: RunningNode, { services }: Snapshot, config: Config): string[] {
  const policies = [...services.values()].map(({ policy }) => policy)
  const at = (name: string) => listeners.find(({ frontEnd }) => frontEnd === name)?.address
  const exact = (names: readonly string[]) => names.find((name) => !name.startsWith('*.'))
  const first = <T>(values: readonly (T | undefined | null)[]) =>
    values.find((value) => value !== undefined && value !== null)
  const preferred = [...policies].sort((a, b) => Number(b.service === 'api') - Number(a.service === 'api'))
  const dnsName = first(preferred.map(({ names }) => exact(names.dns)))
  const host = first(preferred.map(({ names }) => exact(names.http)))
  const discovery = first(preferred.map(({ names }) => names.discovery))
  const dns = at('dns')
  // Only a trusted proxy may name the client.
  const asClient = config.trustedProxies.some(coversThisMachine) ? `-H 'X-Forwarded-For: ${CLIENT}' ` : ''
  const lines = [
    dns !== undefined && dnsName !== undefined ? digLine(dns, dnsName) : null,
    at('redirect') !== undefined && host !== undefined
      ? `curl -i -H 'Host: ${host}' ${asClient}http://${at('redirect')}/path?query`
      : null,
    at('discovery') !== undefined && discovery !== undefined
      ? `curl ${asClient}http://${at('discovery')}/v1/services/${discovery}`
      : null,
  ].flatMap((line) => (line === null ? [] : [`  ${line}`]))
  return lines.length === 0 ? [] : ['', 'Try:', ...lines]
}

const LOOPBACK: readonly IpAddress[] = ['127.0.0.1', '::1'].flatMap((text) => parseAddress(text) ?? [])

const coversThisMachine = (proxies: IpPrefix): boolean => LOOPBACK.some((address) => prefixCovers(proxies, address))

function digLine(address: string, name: string): string {
  const [, host = '', port = ''] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(address) ?? []
  return `dig @${host} -p ${port} ${name} A +subnet=${SUBNET}`
}
