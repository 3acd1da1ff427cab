import type { RecordData, SvcParam } from '../../domain/zone.ts'
import { type Fields, hexField, wholeField } from './fields.ts'
import { nameAt } from './name-text.ts'
import { checkParams } from './svc-params.ts'
import { BadText, type Token } from './token.ts'

/** RFC 3597 §5: "\# (a backslash immediately followed by a hash sign)". */
export const isGeneric = ({ text, form }: Token): boolean => text === '\\#' && form === 'word'

/** The octets behind `\#`: "RDATA length … in decimal" and "zero or more words of hexadecimal data". The mark is read already. */
export function genericOctets(fields: Fields): Uint8Array {
  const token = fields.tokens[fields.at] ?? fields.before
  const length = wholeField(fields, 'length', 65_535)
  const octets = hexField(fields, 'data', 0)
  if (octets.length === length) return octets
  throw new BadText(
    token,
    'bad-record',
    `the length says ${length} octets and ${octets.length} follow`,
    'let the two agree (RFC 3597 §5)',
  )
}

/**
 * Octets of a type as what the type means to the node: RFC 3597 §5 lets "a type known to the implementation" be written so,
 * and a CNAME written so is a CNAME.
 */
export function dataOfOctets(typeName: string, typeNumber: number, octets: Uint8Array, token: Token): RecordData {
  const malformed = (expected: string): BadText =>
    new BadText(token, 'bad-record', `the octets are no ${typeName} data`, `expected ${expected}`)
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length)
  const word = (at: number): number => {
    if (at + 2 > octets.length) throw malformed('more octets')
    return view.getUint16(at)
  }
  const lastName = (at: number): string => {
    const found = nameAt(octets, at)
    if (found === null || found.end !== octets.length) throw malformed('a name at their end, uncompressed')
    return found.name
  }
  switch (typeName) {
    case 'A':
      if (octets.length !== 4) throw malformed('4 octets')
      return { type: 'A', address: { family: 4, bytes: octets } }
    case 'AAAA':
      if (octets.length !== 16) throw malformed('16 octets')
      return { type: 'AAAA', address: { family: 6, bytes: octets } }
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return { type: typeName, target: lastName(0) }
    case 'MX':
      return { type: 'MX', preference: word(0), target: lastName(2) }
    case 'SRV':
      return { type: 'SRV', priority: word(0), weight: word(2), port: word(4), target: lastName(6) }
    case 'TXT':
      return { type: 'TXT', strings: stringsIn(octets) ?? fail(malformed('character strings')) }
    case 'SVCB':
    case 'HTTPS': {
      const priority = word(0)
      const target = nameAt(octets, 2) ?? fail(malformed('a name behind the priority, uncompressed'))
      const params =
        paramsIn(octets.subarray(target.end)) ??
        fail(malformed('parameters in increasing order of their keys (RFC 9460 §2.2)'))
      checkParams(params, () => token)
      return { type: typeName, priority, target: target.name, params }
    }
    default:
      return { type: 'octets', typeNumber, typeName, octets }
  }
}

function fail(error: BadText): never {
  throw error
}

function stringsIn(octets: Uint8Array): readonly Uint8Array[] | null {
  const strings: Uint8Array[] = []
  for (let at = 0; at < octets.length; ) {
    const end = at + 1 + (octets[at] ?? 0)
    if (end > octets.length) return null
    strings.push(octets.slice(at + 1, end))
    at = end
  }
  return strings.length === 0 ? null : strings
}

function paramsIn(octets: Uint8Array): readonly SvcParam[] | null {
  const params: SvcParam[] = []
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length)
  for (let at = 0; at < octets.length; ) {
    if (at + 4 > octets.length) return null
    const [key, length] = [view.getUint16(at), view.getUint16(at + 2)]
    if (at + 4 + length > octets.length || key <= (params.at(-1)?.key ?? -1)) return null
    params.push({ key, value: octets.slice(at + 4, at + 4 + length) })
    at += 4 + length
  }
  return params
}
