/** Random RDATA as master files write it. */

import { type Draw, oneIn, oneOf } from './draw.ts'

/** Ordinary ones more often. NS, SOA, CNAME and DS have their own places. */
export const RECORD_TYPES: readonly string[] = [
  ...['A', 'AAAA', 'A', 'AAAA', 'MX', 'TXT', 'SRV', 'CAA', 'PTR', 'NAPTR', 'TLSA', 'SSHFP', 'SVCB', 'HTTPS'],
  'TYPE65280',
]

/** `target` draws a name. */
export function recordText(type: string, target: () => string, die: Draw): string {
  switch (type) {
    case 'A':
      return `198.51.${die() % 100}.${die() % 256}`
    case 'AAAA':
      return `2001:db8:${(1 + (die() % 0xfff0)).toString(16)}::${(1 + (die() % 0xfff)).toString(16)}`
    case 'MX':
      return `${die() % 50} ${nameOrRoot(target, die)}`
    case 'SRV':
      return `${die() % 9} ${die() % 9} ${die() % 65_536} ${nameOrRoot(target, die)}`
    case 'CAA':
      return `${oneOf([0, 128], die)} ${oneOf(['issue', 'issuewild', 'iodef'], die)} "${oneOf(['ca.example', ';', 'mailto:x@y.z', 'ca.example; policy=ev'], die)}"`
    case 'TXT':
      return characterStrings(`t${die() % 1_000_000} ${'Aé "q\\ '.repeat(oneIn(5, die) ? 10 + (die() % 60) : 0)}`)
    case 'NAPTR':
      return `${die() % 99} ${die() % 99} "${oneOf(['s', 'u', 'a', ''], die)}" "SIP+D2U" "${oneIn(2, die) ? '!^.*$!sip:x@example.com!' : ''}" ${nameOrRoot(target, die)}`
    case 'TLSA':
      return `${die() % 4} ${die() % 2} 1 ${hex(32, die)}`
    case 'SSHFP':
      return `${1 + (die() % 4)} 2 ${hex(32, die)}`
    case 'DS':
      return `${die() % 65_536} 13 2 ${hex(32, die)}`
    case 'SVCB':
    case 'HTTPS':
      return serviceBinding(target, die)
    case 'TYPE65280': {
      const octets = die() % 12
      return `\\# ${octets}${octets === 0 ? '' : ` ${hex(octets, die)}`}`
    }
    default:
      return `${target()}.`
  }
}

const nameOrRoot = (target: () => string, die: Draw): string => (oneIn(20, die) ? '.' : `${target()}.`)

const hex = (octets: number, die: Draw): string =>
  Array.from({ length: octets }, () => (die() & 0xff).toString(16).padStart(2, '0')).join('')

function serviceBinding(target: () => string, die: Draw): string {
  // RFC 9460 §2.5: an alias, or an endpoint with parameters.
  if (oneIn(3, die)) return `0 ${target()}.`
  const parameters = [
    oneIn(2, die) ? 'alpn=h3,h2' : '',
    oneIn(4, die) ? `port=${1 + (die() % 65_000)}` : '',
    oneIn(3, die) ? `ipv4hint=192.0.2.${die() % 256}` : '',
    oneIn(4, die) ? 'ipv6hint=2001:db8::7' : '',
    oneIn(6, die) ? 'key65333=ex' : '',
  ].filter((parameter) => parameter !== '')
  return [`${1 + (die() % 9)} ${oneIn(3, die) ? '.' : `${target()}.`}`, ...parameters].join(' ')
}

/** Strings of 255 octets at most; what is not plain is written as \DDD. */
function characterStrings(text: string): string {
  const octets = Buffer.from(text)
  const strings: string[] = []
  for (let at = 0; at < octets.length; at += 255) {
    const escaped = [...octets.subarray(at, at + 255)].map((octet) =>
      octet < 32 || octet > 126 || octet === 34 || octet === 92
        ? `\\${String(octet).padStart(3, '0')}`
        : String.fromCharCode(octet),
    )
    strings.push(`"${escaped.join('')}"`)
  }
  return strings.join(' ')
}
