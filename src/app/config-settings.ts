import { hostname } from 'node:os'
import type { z } from 'zod'
import type { NameServer } from '../dns/name-servers.ts'
import type { IpPrefix } from '../domain/address.ts'
import {
  folderShape,
  formatListenAddress,
  formatNameServers,
  formatPrefixes,
  type ListenAddress,
  listenShape,
  nameServersShape,
  oneOf,
  prefixesShape,
  wordShape,
  workersShape,
} from './config-values.ts'

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
const LOG_FORMATS = ['auto', 'pretty', 'json'] as const
const STORES = ['memory'] as const

/** Everything that can be set for one node. */
export interface Config {
  /** Null is off, here and for the three below. */
  readonly dns: ListenAddress | null
  readonly redirect: ListenAddress | null
  readonly discovery: ListenAddress | null
  readonly admin: ListenAddress | null
  readonly policies: string
  readonly geoData: string
  readonly state: string
  readonly store: (typeof STORES)[number]
  /** Peers whose word about a client's address and tenant is taken. */
  readonly trustedProxies: readonly IpPrefix[]
  /** Asked for the addresses of ALIAS targets; empty: those of the system. */
  readonly resolvers: readonly NameServer[]
  /** Threads that answer UDP from tables in shared memory; 0: the portable path, on the main thread. */
  readonly dnsWorkers: number
  /** Networks whose DNS queries get debug answers. */
  readonly dnsDebug: readonly IpPrefix[]
  readonly logLevel: (typeof LOG_LEVELS)[number]
  /** `auto`: pretty on a terminal, JSON otherwise. */
  readonly logFormat: (typeof LOG_FORMATS)[number]
  readonly nodeId: string
}

export type SettingName = keyof Config

export interface Setting<T> {
  /** Keys in nearcast.yaml, from the outside in. */
  readonly path: readonly string[]
  /** What stands for the value in `--help`. In square brackets: may be left out, and then means `on`. */
  readonly placeholder: string
  /** Whether it takes one text or a list of them. */
  readonly takes: 'one' | 'list'
  /** From the text, or the list of texts, to the value. */
  readonly shape: z.ZodType<T>
  readonly initial: () => T
  /** As it would be written in a file; `none` for nothing. */
  readonly format: (value: T) => string
  /** Of the default, where its value differs between machines. */
  readonly initialText?: string
  readonly help: string
}

const plain = (value: string | null): string => value ?? 'none'

function listen(front: string, port: number, help: string): Setting<ListenAddress | null> {
  return {
    path: ['listen', front],
    placeholder: '<host:port|off>',
    takes: 'one',
    shape: listenShape,
    initial: () => ({ host: '127.0.0.1', port }),
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
  redirect: listen('redirect', 8080, 'where HTTP requests are redirected'),
  discovery: listen('discovery', 8081, 'where the JSON discovery API is served'),
  admin: listen('admin', 9090, 'where health, readiness, status and metrics are shown; keep it private'),
  policies: folder('policies', './policies', 'services, zones, sites and tenants; watched for changes'),
  geoData: folder('geoData', './geo-data', 'your own geo databases and overrides.yaml'),
  state: folder('state', '.nearcast', 'history of revisions, overrides, compiled geo databases'),
  store: {
    path: ['store'],
    placeholder: '<kind>',
    takes: 'one',
    shape: oneOf(STORES),
    initial: () => 'memory',
    format: plain,
    help: 'where shared state is kept; memory is this node and its state directory',
  },
  trustedProxies: {
    path: ['trustedProxies'],
    placeholder: '<cidr,…|none>',
    takes: 'list',
    shape: prefixesShape,
    initial: () => [],
    format: formatPrefixes,
    help: 'networks of your own proxies: their X-Forwarded-For, Forwarded and tenant headers are believed',
  },
  resolvers: {
    path: ['dns', 'resolvers'],
    placeholder: '<address,…|system>',
    takes: 'list',
    shape: nameServersShape,
    initial: () => [],
    format: formatNameServers,
    help: 'recursive resolvers that are asked for the targets of ALIAS records',
  },
  dnsWorkers: {
    path: ['dns', 'workers'],
    placeholder: '<n>',
    takes: 'one',
    shape: workersShape,
    initial: () => 0,
    format: String,
    help: 'threads that answer UDP from tables in shared memory (Linux); 0 answers on the main thread',
  },
  dnsDebug: {
    path: ['dns', 'debug'],
    placeholder: '<cidr,…|none>',
    takes: 'list',
    shape: prefixesShape,
    initial: () => [],
    format: formatPrefixes,
    help: 'networks whose DNS queries get the decision id (EDE), and reasons as TXT at _nearcast.NAME',
  },
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
export const flagOf = (name: SettingName | 'config'): string => `--${wordsOf(name).join('-')}`

/** `NEARCAST_GEO_DATA` */
export const variableOf = (name: SettingName | 'config'): string => `NEARCAST_${wordsOf(name).join('_').toUpperCase()}`

export const initialTextOf = (name: SettingName): string =>
  SETTINGS[name].initialText ?? formatSetting(name, initialOf(name))

/** As it would be written in a file. */
export const formatSetting = <K extends SettingName>(name: K, value: Config[K]): string => SETTINGS[name].format(value)

const initialOf = <K extends SettingName>(name: K): Config[K] => SETTINGS[name].initial()
