import * as z from 'zod'
import type { IpAddress } from '../../domain/address.ts'
import type { Zone } from '../../domain/zone.ts'
import { type Cursor, isMapping, nameOf, show } from '../cursor.ts'
import { checkTwice } from '../documents/endpoint.ts'
import { read } from '../read.ts'
import { eitherAddress } from '../shape/addresses.ts'
import { oneOrMore } from '../shape/fault.ts'
import { checkName, zoneName } from '../shape/names.ts'
import { isWithin } from './owner-name.ts'

const addresses = z.union([z.array(eitherAddress), eitherAddress.transform((one) => [one])]).nullable()

export const nameServersShape = z
  .union([oneOrMore(zoneName), z.record(z.string(), addresses)])
  .meta({ description: 'Name servers of the zone → their addresses (needed for those inside the zone).' })

/** `ns:` of a zone document. */
export function readNameServers(cursor: Cursor, zone: string): Zone['ns'] {
  if (cursor.value === undefined) return []
  const entries: readonly (readonly [unknown, Cursor, Cursor | null])[] = isMapping(cursor.value)
    ? cursor.entries().map(([name, value]) => [name, value, value])
    : cursor.items().map((item) => [item.value, item, null])
  if (entries.length === 0) {
    cursor.report({
      rule: 'no-name-servers',
      message: `the zone \`${zone}\` has no name servers`,
      hint: 'expected at least one, such as `ns: { ns1.geo.example: 192.0.2.53 }`',
      part: 'key',
    })
  }
  const servers: { name: string; addresses: readonly IpAddress[] }[] = []
  const names = new Set<string>()
  for (const [text, at, value] of entries) {
    const name = typeof text === 'string' ? readServerName(at, text) : undefined
    if (typeof text !== 'string')
      at.report({
        rule: 'wrong-type',
        message: `${nameOf(at.path)} is ${show(text)}`,
        hint: 'expected the name of a name server',
      })
    const found = value === null ? [] : (read(value, addresses) ?? [])
    if (name === undefined) continue
    if (value !== null) checkTwice(value, found)
    if (names.has(name)) {
      at.report({ rule: 'duplicate-name-server', message: `the name server \`${name}\` is given twice`, part: 'key' })
    }
    // RFC 1034 §4.2.2: names of servers inside the zone can be found only by what the zone itself says.
    const empty = value === null || value.value === null || (Array.isArray(value.value) && value.value.length === 0)
    if (isWithin(name, zone) && empty) {
      at.report({
        rule: 'name-server-without-address',
        message: `the name server \`${name}\` is in the zone and has no address`,
        hint: `write \`${name}: [192.0.2.53]\``,
        part: 'key',
      })
    }
    names.add(name)
    servers.push({ name, addresses: found })
  }
  return servers
}

function readServerName(cursor: Cursor, text: string): string | undefined {
  let faults = 0
  const name = checkName(text, { labels: 'record', wildcard: 'refused' }, (fault) => {
    faults++
    cursor.report({
      rule: fault.rule,
      message: fault.message ?? `${show(text)} is no name`,
      hint: fault.hint ?? null,
      part: 'key',
    })
    return undefined as never
  })
  return faults === 0 ? name : undefined
}
