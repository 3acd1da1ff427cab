import * as z from 'zod'
import type { Selector } from '../domain/policy.ts'
import type { Cursor } from './cursor.ts'
import { readFields } from './read.ts'
import { checkEndpointGlobs, checkKnown, checkSites, type ServiceScope } from './service-scope.ts'
import { asn, cidr } from './shape/addresses.ts'
import { oneOrMore } from './shape/fault.ts'
import { id, idGlob } from './shape/ids.ts'
import { continent, country, subdivision } from './shape/places.ts'

/** Names endpoints. Values of one key are alternatives, different keys must all match. */
export const selectorShape = z
  .strictObject({
    id: oneOrMore(idGlob).optional(),
    tag: oneOrMore(id).optional(),
    site: oneOrMore(id).optional(),
    country: oneOrMore(country).optional(),
    continent: oneOrMore(continent).optional(),
    subdivision: oneOrMore(subdivision).optional(),
    asn: oneOrMore(asn).optional(),
    cidr: oneOrMore(cidr).optional(),
  })
  .meta({
    id: 'selector',
    description:
      'Names endpoints by id, tag, or where they are. Values of one key are alternatives; different keys must all match.',
    minProperties: 1,
  })

export function readSelector(cursor: Cursor, scope: ServiceScope): Selector | undefined {
  const fields = readFields(cursor, selectorShape)
  if (fields === undefined) return undefined
  if (Object.keys(cursor.value as object).length === 0) {
    cursor.report({
      rule: 'empty-selector',
      message: 'the selector names no endpoints',
      hint: `expected at least one of ${Object.keys(selectorShape.shape).join(', ')}`,
    })
  }
  if (fields.id !== undefined) checkEndpointGlobs(cursor.child('id'), scope)
  if (fields.tag !== undefined) checkKnown(cursor.child('tag'), 'tag', scope.tags)
  if (fields.site !== undefined) checkSites(cursor.child('site'), scope.sites)
  return {
    ...(fields.id && { ids: fields.id }),
    ...(fields.tag && { tags: fields.tag }),
    ...(fields.site && { sites: fields.site }),
    ...(fields.country && { countries: fields.country }),
    ...(fields.continent && { continents: fields.continent }),
    ...(fields.subdivision && { subdivisions: fields.subdivision }),
    ...(fields.asn && { asns: fields.asn }),
    ...(fields.cidr && { prefixes: fields.cidr }),
  }
}
