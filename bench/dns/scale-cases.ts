/** The nodes that `npm run bench:dns-scale` starts: one with little work, and each of the others with more of one kind. */

import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Launch } from './launch.ts'
import { ipv4Of, ipv6Of, SITES, TTL_SECONDS, ZONE } from './zone.ts'

export interface Case {
  readonly services: number
  readonly endpoints: number
  readonly database: 'city' | 'country'
  readonly workers: number
}

export const BASE: Case = { services: 1, endpoints: 5, database: 'city', workers: 1 }

/** Labels as long as that of the bench's own name, so that queries for one are queries for the other; there are 1,296. */
export const labelOf = (service: number): string =>
  service === 0 ? 'www' : `s${service.toString(36).padStart(2, '0')}`

/** A grid over the inhabited latitudes; the first are those of the other benches. */
function placeOf(index: number): { readonly lat: number; readonly lon: number; readonly country: string } {
  const known = SITES[index]
  if (known !== undefined) return known
  return { lat: -50 + ((index * 37) % 120), lon: -175 + ((index * 61) % 350), country: 'US' }
}

const indices = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index)

export const sitesDocument = (count: number): string =>
  `sites:\n${indices(count)
    .map((index) => {
      const { lat, lon, country } = placeOf(index)
      return `  s${index}: { lat: ${lat}, lon: ${lon}, country: ${country} }\n`
    })
    .join('')}`

const addressesOf = (index: number): string => {
  const site = SITES[index]
  if (site !== undefined) return `a: [${ipv4Of(site)}], aaaa: ['${ipv6Of(site)}']`
  return `a: [10.1.${index >> 8}.${index & 255}], aaaa: ['2001:db8:1::${index.toString(16)}']`
}

/** @param ttlSeconds another one is an edit that moves nobody */
export const serviceDocument = (service: number, endpoints: number, ttlSeconds = TTL_SECONDS): string =>
  `service: ${labelOf(service)}
names: { dns: [${labelOf(service)}.${ZONE}] }
ttl: ${ttlSeconds}s
endpoints:
${indices(endpoints)
  .map((index) => `  s${index}: { site: s${index}, ${addressesOf(index)} }`)
  .join('\n')}
steer: [up, nearest, { take: 1 }]
onAllDown: lastResort
`

export interface ScalePlace {
  readonly folder: string
  readonly port: number
  /** A folder with the City database. */
  readonly mmdbFolder: string
  /** Where compiled databases are kept from run to run. */
  readonly geoCache: string
}

/** As an operator starts it, with a state directory of its own. */
export function launchCase({ services, endpoints, database, workers }: Case, place: ScalePlace): Launch {
  const { folder, port, mmdbFolder, geoCache } = place
  const nothing = join(folder, 'no-geo-data')
  mkdirSync(nothing)
  mkdirSync(join(folder, 'state'))
  mkdirSync(geoCache, { recursive: true })
  symlinkSync(geoCache, join(folder, 'state', 'geo'))
  const flags = {
    dns: `127.0.0.1:${port}`,
    redirect: 'off',
    discovery: 'off',
    admin: '127.0.0.1:0',
    policies: `${folder}/policies`,
    'geo-data': database === 'city' ? mmdbFolder : nothing,
    state: `${folder}/state`,
    'dns-workers': String(workers),
    'log-level': 'warn',
  }
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
  const documents = indices(services).map(
    (service) => [`policies/${labelOf(service)}.yaml`, serviceDocument(service, endpoints)] as const,
  )
  return {
    command: process.execPath,
    args: [main, 'serve', ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])],
    files: {
      'policies/sites.yaml': sitesDocument(endpoints),
      'policies/zone.yaml': `zone: ${ZONE}\nsoa: { rname: hostmaster.${ZONE}, minimum: 60s }\nns: { ns1.${ZONE}: [127.0.0.1] }\n`,
      ...Object.fromEntries(documents),
    },
  }
}

/** The same queries spread over so many services; a record of the generator's file is a length, a source address and the query. */
export function spreadQueries(queries: Buffer, services: number): Buffer {
  const spread = Buffer.from(queries)
  const nameAt = 6 + 12 + 1
  for (let at = 0, index = 0; at < spread.length; at += 6 + spread.readUInt16LE(at), index++) {
    spread.write(labelOf(index % services), at + nameAt, 'latin1')
  }
  return spread
}
