import {
  formatAddress,
  type IpAddress,
  type IpFamily,
  type IpPrefix,
  normaliseAddress,
  parseAddress,
  parsePrefix,
} from '../../domain/address.ts'
import { type Fail, text, whole } from './fault.ts'

/** The IPv4 address in an IPv4-mapped one, which "represents" it (RFC 4291 §2.5.5.2): no client could connect to the form itself. */
function unmapped(address: IpAddress, text: string): IpAddress | null {
  const inner = normaliseAddress(address)
  return inner !== address && text.toLowerCase().startsWith('::ffff:') ? inner : null
}

/** An address of one family; one of the other is told where it belongs. */
function address(family: IpFamily, example: string, otherPlace: string) {
  const expected = `an IPv${family} address such as \`${example}\``
  return text(expected, { description: `An IPv${family} address.`, examples: [example] }, (value, fail): IpAddress => {
    const parsed = parseAddress(value)
    if (parsed === null) return fail({ rule: 'bad-address', hint: `expected ${expected}` })
    const inner = unmapped(parsed, value)
    const meant = inner ?? parsed
    if (parsed.family === family && inner === null) return parsed
    return fail({
      rule: 'wrong-family',
      message: `\`${value}\` is an ${inner === null ? `IPv${parsed.family}` : 'IPv4-mapped'} address`,
      hint: `write \`${formatAddress(meant)}\`${meant.family === family ? '' : ` ${otherPlace}`}`,
    })
  })
}

const IPV4_EXAMPLE = '192.0.2.10'
const IPV6_EXAMPLE = '2001:db8::10'

export const ipv4 = address(4, IPV4_EXAMPLE, 'under `aaaa`')
export const ipv6 = address(6, IPV6_EXAMPLE, 'under `a`')
export const ipv4OfRecord = address(4, IPV4_EXAMPLE, 'in a record of type `AAAA`')
export const ipv6OfRecord = address(6, IPV6_EXAMPLE, 'in a record of type `A`')

const EITHER_PHRASE = 'an IPv4 or IPv6 address'

export const eitherAddress = text(
  EITHER_PHRASE,
  { description: 'An IPv4 or IPv6 address.', examples: [IPV4_EXAMPLE, IPV6_EXAMPLE] },
  (value, fail): IpAddress => {
    const parsed = parseAddress(value)
    if (parsed === null) return fail({ rule: 'bad-address', hint: `expected ${EITHER_PHRASE}` })
    const inner = unmapped(parsed, value)
    if (inner === null) return parsed
    return fail({
      rule: 'wrong-family',
      message: `\`${value}\` is an IPv4-mapped address`,
      hint: `write \`${formatAddress(inner)}\``,
    })
  },
)

export function checkPrefix(value: string, fail: Fail): IpPrefix {
  const parsed = parsePrefix(value)
  if (parsed.ok) return parsed.prefix
  switch (parsed.problem) {
    case 'notAPrefix':
      return fail({ rule: 'bad-cidr', hint: 'expected a network such as `192.0.2.0/24` or `2001:db8::/32`' })
    case 'lengthOutOfRange':
      return fail({ rule: 'bad-cidr', hint: 'expected a prefix length of at most 32 for IPv4, 128 for IPv6' })
    case 'hostBits':
      return fail({
        rule: 'host-bits',
        message: `the network \`${value}\` has bits set beyond its prefix length`,
        hint: `did you mean \`${parsed.suggestion}\`?`,
      })
  }
}

/** A network; a single address is a network of its whole length. */
export const cidr = text(
  'a network such as `192.0.2.0/24`',
  {
    id: 'cidr',
    description: 'A network in CIDR form, or one address; no bits may be set beyond the prefix length.',
    examples: ['192.0.2.0/24', '2001:db8::/32'],
    pattern: '^[0-9A-Fa-f.:]+(/\\d{1,3})?$',
  },
  checkPrefix,
)

/** RFC 6793: 32 bits; 0 is reserved (RFC 7607). */
export const asn = whole(1, 4_294_967_295, 'an AS number').meta({
  description: 'An autonomous system number.',
  examples: [64500],
})
