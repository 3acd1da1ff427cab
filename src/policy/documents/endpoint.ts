import * as z from 'zod'
import { formatAddress, type IpAddress } from '../../domain/address.ts'
import type { Endpoint } from '../../domain/endpoint.ts'
import type { Site } from '../../domain/place.ts'
import type { Cursor } from '../cursor.ts'
import { MAX_WEIGHT } from '../limits.ts'
import { readFields } from '../read.ts'
import { checkKnown, checkSites, type ServiceScope } from '../service-scope.ts'
import { asn, ipv4, ipv6 } from '../shape/addresses.ts'
import { oneOrMore, whole } from '../shape/fault.ts'
import { id } from '../shape/ids.ts'
import { hostName } from '../shape/names.ts'
import { clientArea } from '../shape/places.ts'
import { endpointUrl } from '../shape/web.ts'
import { bias } from '../steps/nearest.ts'

const CAPACITY_PHRASE = 'a capacity of 0 or more'

/** Where a client can be sent: addresses, a host name, a URL. Also what `onAllDown: { static: … }` takes. */
export const targetFields = {
  a: oneOrMore(ipv4).optional().meta({ description: 'IPv4 addresses.' }),
  aaaa: oneOrMore(ipv6).optional().meta({ description: 'IPv6 addresses.' }),
  hostname: hostName
    .nullable()
    .prefault(null)
    .meta({ description: 'Answered as CNAME; at the apex of a zone resolved by the node (ALIAS).' }),
  url: endpointUrl.nullable().prefault(null),
} as const

export const endpointShape = z
  .strictObject({
    site: id.optional().meta({ description: 'Where it is.' }),
    sites: oneOrMore(id)
      .optional()
      .meta({ description: 'Several sites: an address announced by BGP from each of them.' }),
    ...targetFields,
    weight: whole(0, MAX_WEIGHT, 'a weight (a whole number)')
      .prefault(1)
      .meta({ description: 'Its part of a split; 0 is standby.' }),
    capacity: z
      .number(CAPACITY_PHRASE)
      .min(0, CAPACITY_PHRASE)
      .nullable()
      .prefault(null)
      .meta({ description: 'What it can carry, in the unit of the metric.' }),
    tags: oneOrMore(id).optional().meta({ description: 'Names to select it by.' }),
    serves: clientArea.nullable().prefault(null),
    bias: bias.prefault(0).meta({ description: 'Bias of `nearest`, −99…99; positive ones count as nearer.' }),
    asn: asn.nullable().prefault(null),
    enabled: z.boolean().prefault(true).meta({ description: '`false` takes it out of every answer.' }),
    checks: oneOrMore(id).optional().meta({ description: 'Checks that apply to it; all of them when left out.' }),
  })
  .meta({ id: 'endpoint', description: 'One place a client can be sent.' })

/** One endpoint; undefined after reporting what is wrong. */
export function readEndpoint(cursor: Cursor, id: string, index: number, scope: ServiceScope): Endpoint | undefined {
  const fields = readFields(cursor, endpointShape)
  if (fields === undefined) return undefined
  if (fields.site !== undefined && fields.sites !== undefined) {
    cursor.child('sites').report({
      rule: 'site-and-sites',
      message: `endpoint \`${id}\` has both \`site\` and \`sites\``,
      hint: 'one of the two',
      part: 'key',
    })
  }
  checkTarget(cursor, `endpoint \`${id}\``)
  if (fields.site !== undefined) checkSites(cursor.child('site'), scope.sites)
  if (fields.sites !== undefined) checkSites(cursor.child('sites'), scope.sites)
  if (fields.checks !== undefined) checkKnown(cursor.child('checks'), 'check', scope.checks)
  const { a = [], aaaa = [] } = fields
  checkTwice(cursor.child('a'), a)
  checkTwice(cursor.child('aaaa'), aaaa)
  const siteIds = fields.sites ?? (fields.site === undefined ? [] : [fields.site])
  return {
    id,
    index,
    sites: siteIds.map((name) => scope.sites.byId.get(name)).filter((site): site is Site => site !== undefined),
    a,
    aaaa,
    hostname: fields.hostname,
    url: fields.url,
    weight: fields.weight,
    capacity: fields.capacity,
    tags: fields.tags ?? [],
    serves: fields.serves,
    bias: fields.bias,
    asn: fields.asn,
    enabled: fields.enabled,
    checks: fields.checks ?? [],
  }
}

/** There must be something to answer with. A key that is there but wrong has been told already. */
export function checkTarget(cursor: Cursor, name: string): void {
  const keys = cursor.entries().map(([key]) => key)
  if (keys.some((key) => Object.hasOwn(targetFields, key))) return
  cursor.report({
    rule: 'no-target',
    message: `${name} has nothing to send a client to`,
    hint: 'expected at least one of `a`, `aaaa`, `hostname`, `url`',
    part: 'key',
  })
}

/** RFC 2181 §5: an RRset holds each record once. */
export function checkTwice(cursor: Cursor, addresses: readonly IpAddress[]): void {
  const seen = new Set<string>()
  for (const [index, address] of addresses.entries()) {
    const text = formatAddress(address)
    if (seen.has(text))
      cursor.items()[index]?.report({
        rule: 'duplicate-address',
        message: `the address ${text} is given twice`,
        hint: 'remove one',
      })
    seen.add(text)
  }
}
