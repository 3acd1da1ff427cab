/** How each responder is started: its configuration files as templates, and its command line. One server thread each. */

import { fileURLToPath } from 'node:url'
import { DEFAULT_SITE, ipv4Of, ipv6Of, NAME, SITES, TTL_SECONDS, ZONE } from './zone.ts'

export const RESPONDERS = ['gdnsd', 'knot', 'powerdns', 'nearcast', 'echo'] as const
export type Responder = (typeof RESPONDERS)[number]

/** The Debian packages of the peers. */
export const PACKAGES: Readonly<Partial<Record<Responder, readonly string[]>>> = {
  gdnsd: ['gdnsd'],
  knot: ['knot', 'knot-module-geoip'],
  powerdns: ['pdns-server', 'pdns-backend-geoip'],
}

export interface Place {
  /** Empty, and this responder's alone. */
  readonly folder: string
  /** UDP and TCP, on 127.0.0.1. */
  readonly port: number
  /** A City database in MaxMind's schema. */
  readonly mmdb: string
  /** A folder that holds `mmdb` and nothing else, for whoever wants a folder. */
  readonly mmdbFolder: string
  /** Kept from run to run. */
  readonly cache: string
  readonly echoProgram: string
  /** `--dns-workers 1`, where this Nearcast has the flag. */
  readonly nearcastFlags: readonly string[]
}

export interface Launch {
  readonly command: string
  readonly args: readonly string[]
  /** By their path below the folder. */
  readonly files: Readonly<Record<string, string>>
}

const perSite = (line: (site: (typeof SITES)[number]) => string): string => SITES.map(line).join('\n')

const MASTER_FILE = `$TTL ${TTL_SECONDS}
@ SOA ns1 hostmaster 1 7200 1800 259200 60
@ NS ns1
ns1 A 127.0.0.1
`

/**
 * The most that gdnsd takes. Its default drops what the others keep while the machine has them wait; a percentile of the
 * rest would then be flattered.
 */
const GDNSD_RECEIVE_BUFFER = 1 << 20

/** Nearest by distance, worked out for the whole database when it starts. */
function gdnsd({ folder, port, mmdb }: Place): Launch {
  const config = `
options => { listen => "127.0.0.1:${port}", udp_threads => 1, tcp_threads => 1, udp_rcvbuf => ${GDNSD_RECEIVE_BUFFER}, run_dir => "${folder}/run", state_dir => "${folder}/state" }
plugins => { geoip => {
  maps => { nearest => {
    geoip2_db => "${mmdb}"
    datacenters => [${SITES.map((site) => site.id).join(', ')}]
    auto_dc_coords => {
${perSite((site) => `      ${site.id} => [${site.lat}, ${site.lon}]`)}
    }
  } }
  resources => { www => { map => nearest, service_types => up, dcmap => {
${perSite((site) => `    ${site.id} => { addrs_v4 => [${ipv4Of(site)}], addrs_v6 => ["${ipv6Of(site)}"] }`)}
  } } }
} }
`
  return {
    command: 'gdnsd',
    args: ['-c', folder, 'start'],
    files: { config, [`zones/${ZONE}`]: `${MASTER_FILE}www DYNA geoip!www\n`, 'run/.keep': '', 'state/.keep': '' },
  }
}

/** By continent: mod-geoip knows no distances. */
function knot({ folder, port, mmdb }: Place): Launch {
  const config = `
server:
  rundir: "${folder}"
  listen: 127.0.0.1@${port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
  edns-client-subnet: on
log:
  - target: stderr
    any: warning
database:
  storage: "${folder}"
mod-geoip:
  - id: nearest
    config-file: "${folder}/geo.yaml"
    ttl: ${TTL_SECONDS}
    mode: geodb
    geodb-file: "${mmdb}"
    geodb-key: continent/code
zone:
  - domain: ${ZONE}
    file: "${folder}/zone"
    module: mod-geoip/nearest
`
  const geo = perSite((site) =>
    site.continents.map((code) => `  - geo: "${code}"\n    A: ${ipv4Of(site)}\n    AAAA: "${ipv6Of(site)}"`).join('\n'),
  )
  const fallback = `www A ${ipv4Of(DEFAULT_SITE)}\nwww AAAA ${ipv6Of(DEFAULT_SITE)}\n`
  return {
    command: 'knotd',
    args: ['-c', `${folder}/knot.conf`],
    files: { 'knot.conf': config, 'geo.yaml': `${NAME}:\n${geo}\n`, zone: MASTER_FILE + fallback },
  }
}

/** By continent: its placeholders know no distances. */
function powerdns({ folder, port, mmdb }: Place): Launch {
  const config = `
launch=geoip
geoip-database-files=mmdb:${mmdb}
geoip-zones-file=${folder}/geo.yaml
edns-subnet-processing=yes
local-address=127.0.0.1
local-port=${port}
receiver-threads=1
distributor-threads=1
daemon=no
guardian=no
socket-dir=${folder}
security-poll-suffix=
version-string=anonymous
loglevel=3
`
  const addresses = (site: (typeof SITES)[number]): string =>
    `      - a: ${ipv4Of(site)}\n      - aaaa: "${ipv6Of(site)}"`
  const records = perSite((site) =>
    site.continents.map((code) => `    ${code.toLowerCase()}.${NAME}:\n${addresses(site)}`).join('\n'),
  )
  const zones = `domains:
- domain: ${ZONE}
  ttl: ${TTL_SECONDS}
  records:
    ${ZONE}:
      - soa: ns1.${ZONE} hostmaster.${ZONE} 1 7200 1800 259200 60
      - ns: ns1.${ZONE}
    ns1.${ZONE}:
      - a: 127.0.0.1
${records}
    unknown.${NAME}:
${addresses(DEFAULT_SITE)}
  services:
    ${NAME}: '%cn.${NAME}'
`
  return {
    command: 'pdns_server',
    args: [`--config-dir=${folder}`],
    files: { 'pdns.conf': config, 'geo.yaml': zones },
  }
}

/** Nearest by distance. As an operator starts it: `up` is in the chain, metrics and policies' watcher are on. */
function nearcast({ folder, port, mmdbFolder, cache, nearcastFlags }: Place): Launch {
  const sites = perSite((site) => `  ${site.id}: { lat: ${site.lat}, lon: ${site.lon}, country: ${site.country} }`)
  const endpoints = perSite(
    (site) => `  ${site.id}: { site: ${site.id}, a: [${ipv4Of(site)}], aaaa: ['${ipv6Of(site)}'] }`,
  )
  const flags = {
    dns: `127.0.0.1:${port}`,
    redirect: 'off',
    discovery: 'off',
    admin: '127.0.0.1:0',
    policies: `${folder}/policies`,
    'geo-data': mmdbFolder,
    // What it compiles from the database is kept, as it is for an operator who starts it a second time.
    state: `${cache}/nearcast`,
    'log-level': 'warn',
  }
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
  return {
    command: process.execPath,
    args: [main, 'serve', ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]), ...nearcastFlags],
    files: {
      'policies/sites.yaml': `sites:\n${sites}\n`,
      'policies/zone.yaml': `zone: ${ZONE}\nsoa: { rname: hostmaster.${ZONE}, minimum: 60s }\nns: { ns1.${ZONE}: [127.0.0.1] }\n`,
      'policies/www.yaml': `service: www
names: { dns: [${NAME}] }
ttl: ${TTL_SECONDS}s
endpoints:
${endpoints}
steer: [up, nearest, { take: 1 }]
onAllDown: lastResort
`,
    },
  }
}

function echo({ port, echoProgram }: Place): Launch {
  return { command: echoProgram, args: [String(port)], files: {} }
}

export const LAUNCH: Readonly<Record<Responder, (place: Place) => Launch>> = { gdnsd, knot, powerdns, nearcast, echo }
