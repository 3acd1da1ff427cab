import { hostname } from 'node:os'
import type { IpPrefix } from '../domain/address.ts'
import { CHECK_SETTINGS, type CheckConfig } from './config-check-settings.ts'
import { DNS_SETTINGS, type DnsConfig } from './config-dns-settings.ts'
import { REDIS_SETTINGS, type RedisConfig } from './config-redis-settings.ts'
import { REPORT_SETTINGS, type ReportConfig } from './config-report-settings.ts'
import { plain, type Setting } from './config-setting.ts'
import {
  folderShape,
  formatListenAddress,
  formatPrefixes,
  formatZoneFiles,
  type ListenAddress,
  listenShape,
  oneOf,
  prefixesShape,
  wordShape,
  type ZoneFile,
  zoneFilesShape,
} from './config-values.ts'

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
const LOG_FORMATS = ['auto', 'pretty', 'json'] as const
const STORES = ['memory', 'redis'] as const

/** Everything that can be set for one node. */
export interface Config extends CheckConfig, DnsConfig, RedisConfig, ReportConfig {
  /** Null is off, here and for those below. */
  readonly dns: ListenAddress | null
  readonly dot: ListenAddress | null
  readonly doh: ListenAddress | null
  readonly redirect: ListenAddress | null
  readonly discovery: ListenAddress | null
  readonly admin: ListenAddress | null
  readonly policies: string
  /** Master files beside the policies. */
  readonly zones: readonly ZoneFile[]
  readonly geoData: string
  readonly state: string
  readonly store: (typeof STORES)[number]
  /** Peers whose word about a client's address and tenant is taken. */
  readonly trustedProxies: readonly IpPrefix[]
  readonly logLevel: (typeof LOG_LEVELS)[number]
  /** `auto`: pretty on a terminal, JSON otherwise. */
  readonly logFormat: (typeof LOG_FORMATS)[number]
  readonly nodeId: string
}

export type SettingName = keyof Config

/** @param port on loopback, where it listens by default; null is off */
function listen(front: string, port: number | null, help: string): Setting<ListenAddress | null> {
  return {
    path: ['listen', front],
    placeholder: '<host:port|off>',
    takes: 'one',
    shape: listenShape,
    initial: () => (port === null ? null : { host: '127.0.0.1', port }),
    format: formatListenAddress,
    help,
  }
}

function folder(name: string, initial: string, help: string): Setting<string> {
  return {
    path: [name],
    placeholder: '<dir>',
    takes: 'one',
    shape: folderShape,
    initial: () => initial,
    format: plain,
    help,
  }
}

/** The one table: `--help`, the documentation, `nearcast config` and the reading of all three sources follow it. */
export const SETTINGS: { readonly [K in SettingName]: Setting<Config[K]> } = {
  dns: listen('dns', 5353, 'where DNS is answered, UDP and TCP'),
  dot: listen('dot', null, 'where DNS over TLS is answered, by convention port 853; needs dns.tlsCert and dns.tlsKey'),
  doh: listen('doh', null, 'where DNS over HTTPS is answered, at /dns-query; needs dns.tlsCert and dns.tlsKey'),
  redirect: listen('redirect', 8080, 'where HTTP requests are redirected'),
  discovery: listen('discovery', 8081, 'where the JSON discovery API is served'),
  admin: listen('admin', 9090, 'where health, readiness, status and metrics are shown; keep it private'),
  policies: folder('policies', './policies', 'services, zones, sites and tenants; watched for changes'),
  zones: {
    path: ['zones'],
    flag: 'zone',
    placeholder: '<[origin=]file,…|none>',
    takes: 'list',
    shape: zoneFilesShape,
    initial: () => [],
    format: formatZoneFiles,
    help: 'zones as RFC 1035 master files, or folders of them (*.zone, *.db, db.*); watched for changes',
  },
  geoData: folder('geoData', './geo-data', 'your own geo databases and overrides.yaml'),
  state: folder('state', '.nearcast', 'history of revisions, overrides, compiled geo databases'),
  store: {
    path: ['store'],
    placeholder: '<kind>',
    takes: 'one',
    shape: oneOf(STORES),
    initial: () => 'memory',
    format: plain,
    help: 'where shared state is kept: memory is this node and its state directory, redis is for a fleet',
  },
  ...REDIS_SETTINGS,
  trustedProxies: {
    path: ['trustedProxies'],
    placeholder: '<cidr,…|none>',
    takes: 'list',
    shape: prefixesShape,
    initial: () => [],
    format: formatPrefixes,
    help: 'networks of your own proxies: their X-Forwarded-For, Forwarded and tenant headers are believed',
  },
  ...DNS_SETTINGS,
  ...CHECK_SETTINGS,
  ...REPORT_SETTINGS,
  logLevel: {
    path: ['log', 'level'],
    placeholder: '<level>',
    takes: 'one',
    shape: oneOf(LOG_LEVELS),
    initial: () => 'info',
    format: plain,
    help: `least severity that is logged: ${LOG_LEVELS.join(', ')}`,
  },
  logFormat: {
    path: ['log', 'format'],
    placeholder: '<format>',
    takes: 'one',
    shape: oneOf(LOG_FORMATS),
    initial: () => 'auto',
    format: plain,
    help: 'pretty, json, or auto: pretty on a terminal, json otherwise',
  },
  nodeId: {
    path: ['node', 'id'],
    placeholder: '<id>',
    takes: 'one',
    shape: wordShape,
    initial: hostname,
    initialText: 'name of the host',
    format: plain,
    help: 'what this node is called in logs, metrics and answers',
  },
}

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[]

const wordsOf = (name: string): string[] => name.split(/(?=[A-Z])/).map((word) => word.toLowerCase())

/** `--geo-data` */
export const flagOf = (name: SettingName | 'config'): string =>
  `--${(name === 'config' ? undefined : SETTINGS[name].flag) ?? wordsOf(name).join('-')}`

/** `NEARCAST_GEO_DATA` */
export const variableOf = (name: SettingName | 'config'): string => `NEARCAST_${wordsOf(name).join('_').toUpperCase()}`

export const initialTextOf = (name: SettingName): string =>
  SETTINGS[name].initialText ?? formatSetting(name, initialOf(name))

/** As it would be written in a file. */
export const formatSetting = <K extends SettingName>(name: K, value: Config[K]): string => SETTINGS[name].format(value)

const initialOf = <K extends SettingName>(name: K): Config[K] => SETTINGS[name].initial()
