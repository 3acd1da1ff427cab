import type { RecordData } from '../../domain/zone.ts'
import { endOf, type Fields, type ReadName } from './fields.ts'
import { dataOfOctets, genericOctets, isGeneric } from './generic-form.ts'
import type { PresentedType } from './record-types.ts'
import { BadText, type Token } from './token.ts'

export type ReadType =
  | { readonly name: string; readonly type: PresentedType }
  | { readonly name: string; readonly number: number }

/**
 * A record's data from its tokens, in the form of its type or in the generic one of RFC 3597.
 * @param before what a record without data is missing it behind
 * @throws BadText
 */
export function readRecordData(of: ReadType, tokens: readonly Token[], before: Token, nameOf: ReadName): RecordData {
  const fields: Fields = { type: of.name, tokens, before, nameOf, at: 0 }
  const first = tokens[0] ?? before
  const number = 'type' in of ? of.type.number : of.number
  if (tokens.length > 0 && isGeneric(first) && of.name !== 'ALIAS') {
    fields.at = 1
    const octets = genericOctets(fields)
    endOf(fields)
    return dataOfOctets(of.name, number, octets, first)
  }
  if ('type' in of) return of.type.read(fields)
  throw new BadText(
    first,
    'bad-record',
    `the data of ${of.name} are not in the generic form`,
    'write `\\#`, their length, and their octets in hexadecimal (RFC 3597 §5)',
  )
}
