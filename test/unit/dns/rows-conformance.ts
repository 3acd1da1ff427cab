/**
 * What RFC 8906 §8 and ISC's EDNS compliance tests ask of every server of a zone, under the names that those tests have, and what other RFCs
 * say to queries of that kind.
 */

/** The answer is the SOA record; NODATA; nothing in any section; whatever fits. */
export type Content = 'soa' | 'nodata' | 'nothing' | 'any'

export interface ConformanceRow {
  readonly name: string
  /** As composeQuery reads it. */
  readonly ask: string
  /** Header bits that are set besides. */
  readonly bits?: number
  /** Absent: NOERROR. */
  readonly rcode?: string
  /** Absent: the SOA, with AA. */
  readonly content?: Content
  /** Whether OPT is in the answer; absent: iff it is in the query. */
  readonly edns?: 'none' | 'present'
  /** Words that the description of OPT must have. */
  readonly must?: readonly RegExp[]
  /** Absent: both. */
  readonly over?: 'udp' | 'tcp'
}

const ZONE = 'geo.example'
const CLIENT_COOKIE = '0102030405060708'
const [AA, TC, RD, RA, Z, AD, CD] = [0x0400, 0x0200, 0x0100, 0x80, 0x40, 0x20, 0x10]
const COOKIE_SET = new RegExp(`option10=${CLIENT_COOKIE}[0-9a-f]{16,64}`)
const BADVERS = { rcode: 'BADVERS', content: 'nothing', edns: 'present' } as const
const NOTIMP = { rcode: 'NOTIMP', content: 'nothing' } as const
const FORMERR = { rcode: 'FORMERR', content: 'nothing' } as const

const soa = (flags = ''): string => `${ZONE} SOA ${flags}`
const option = (code: number, hex = ''): string => `+opt=${code}:${hex}`
const ALL_OPTIONS = `+opt=3:,8:00010000,9:,10:${CLIENT_COOKIE}`

export const CONFORMANCE_ROWS: readonly ConformanceRow[] = [
  // RFC 8906 §8.1, basic DNS.
  { name: 'dns (§8.1.1)', ask: soa() },
  { name: 'type1000 (§8.1.2): an unknown type', ask: `${ZONE} TYPE1000`, content: 'nodata' },
  { name: 'cd (§8.1.3.1)', ask: soa(), bits: CD },
  { name: 'ad (§8.1.3.2)', ask: soa(), bits: AD },
  { name: 'zero (§8.1.3.3): the reserved bit', ask: soa(), bits: Z },
  { name: 'rd (§8.1.3.4)', ask: soa(), bits: RD },
  { name: 'aa', ask: soa(), bits: AA },
  { name: 'tc', ask: soa(), bits: TC },
  { name: 'ra', ask: soa(), bits: RA },
  { name: 'all flags', ask: soa(), bits: AA | TC | RD | RA | Z | AD | CD },
  { name: 'a response code in a query', ask: soa(), bits: 0x0b },
  { name: 'opcode (§8.1.4.1): 15, header only', ask: '+opcode=15 +headeronly', ...NOTIMP },
  { name: 'opcodeflg: 15, header only, all flags', ask: '+opcode=15 +headeronly', bits: 0x07f0, ...NOTIMP },
  { name: '§8.1.4.2: an unknown opcode with a question', ask: soa('+opcode=15'), ...NOTIMP },
  { name: 'opcode 1, inverse query', ask: soa('+opcode=1'), ...NOTIMP },
  { name: 'opcode 2, status', ask: soa('+opcode=2'), ...NOTIMP },
  { name: 'opcode 3', ask: soa('+opcode=3'), ...NOTIMP },
  { name: 'opcode 6, DSO', ask: '+opcode=6 +headeronly', ...NOTIMP },
  { name: 'opcode 4, notify', ask: soa('+opcode=4'), rcode: 'NOTIMP|REFUSED|NOTAUTH', content: 'nothing' },
  { name: 'opcode 5, update', ask: soa('+opcode=5'), rcode: 'NOTIMP|REFUSED|NOTAUTH', content: 'nothing' },
  { name: 'an unknown opcode with OPT', ask: soa('+opcode=15 +edns'), ...NOTIMP },

  // RFC 8906 §8.2, extended DNS.
  { name: 'edns (§8.2.1)', ask: soa('+edns') },
  { name: 'edns1 (§8.2.2)', ask: soa('+edns=1'), ...BADVERS },
  { name: 'ednsopt (§8.2.3)', ask: soa(option(100)) },
  { name: 'ednsflags (§8.2.4)', ask: soa('+edns +ednsflags=80') },
  { name: 'edns1flags (§8.2.5)', ask: soa('+edns=1 +ednsflags=80'), ...BADVERS },
  { name: 'edns1opt (§8.2.6)', ask: soa(`+edns=1 ${option(100)}`), ...BADVERS },
  { name: 'edns@512 (§8.2.7)', ask: `${ZONE} TYPE48 +do +bufsize=512`, content: 'nodata', must: [/ do\b/] },
  { name: 'do (§8.2.8)', ask: soa('+do'), must: [/ do\b/] },
  { name: 'edns1do (§8.2.9)', ask: soa('+edns=1 +do'), ...BADVERS },
  { name: 'optlist (§8.2.10)', ask: soa(ALL_OPTIONS), must: [COOKIE_SET, /option3=/] },
  { name: 'edns255', ask: soa('+edns=255'), ...BADVERS },
  { name: 'all flags of EDNS', ask: soa('+edns +ednsflags=ffff'), must: [/ do\b/] },
  { name: 'docookie', ask: soa(`+do ${option(10, CLIENT_COOKIE)}`), must: [/ do\b/, COOKIE_SET] },
  { name: 'ednsnsid', ask: soa(option(3)), must: [/option3=[0-9a-f]{2}/] },
  { name: 'ednscookie', ask: soa(option(10, CLIENT_COOKIE)), must: [COOKIE_SET] },
  { name: 'ednsexpire', ask: soa(option(9)) },
  { name: 'ednssubnet', ask: soa('+subnet=0.0.0.0/0'), must: [/ecs=0\.0\.0\.0\/0\/0/] },
  { name: 'ednspadding: in the clear', ask: soa(option(12, '0000')) },
  { name: 'edns1nsid', ask: soa(`+edns=1 ${option(3)}`), ...BADVERS },
  { name: 'edns1cookie', ask: soa(`+edns=1 ${option(10, CLIENT_COOKIE)}`), ...BADVERS },
  { name: 'edns1expire', ask: soa(`+edns=1 ${option(9)}`), ...BADVERS },
  { name: 'edns1subnet', ask: soa('+edns=1 +subnet=0.0.0.0/0'), ...BADVERS },
  { name: 'edns1 with an option that is malformed in version 0', ask: soa(`+edns=1 ${option(10, '01')}`), ...BADVERS },
  { name: 'bind11: as BIND 9.11 asks', ask: soa(`+do ${option(10, CLIENT_COOKIE)}`), bits: AD, must: [COOKIE_SET] },
  { name: 'dig11: as dig 9.11 asks', ask: soa(option(10, CLIENT_COOKIE)), bits: RD | AD, must: [COOKIE_SET] },
  { name: 'ednstcp', ask: soa('+edns'), over: 'tcp' },
  { name: 'edns512tcp', ask: 'huge.geo.example TXT +do +bufsize=512', content: 'any', over: 'tcp', must: [/ do\b/] },
  { name: 'keepalive over TCP (7828 §3.2.2)', ask: soa(option(11)), over: 'tcp', must: [/option11=[0-9a-f]{4}\b/] },
  { name: 'keepalive over UDP (7828 §3.2.1)', ask: soa(option(11)), over: 'udp' },

  // RFC 6891, 7871, 7873, 9619, 9018: malformed, or more than one.
  { name: 'two OPT (6891 §6.1.1)', ask: soa('+twoopts'), ...FORMERR },
  { name: 'OPT with an owner (6891 §6.1.2)', ask: soa('+optowner=a'), ...FORMERR, edns: 'none' },
  { name: 'no question (9619 §4)', ask: '+headeronly', ...FORMERR },
  { name: 'two questions, one there (9619 §4)', ask: soa('+qdcount=2'), ...FORMERR },
  { name: 'cookie of 7 (7873 §5.2.2)', ask: soa(option(10, '01020304050607')), ...FORMERR },
  { name: 'cookie of 15', ask: soa(option(10, '01'.repeat(15))), ...FORMERR },
  { name: 'cookie of 41', ask: soa(option(10, '01'.repeat(41))), ...FORMERR },
  { name: 'a cookie of nobody', ask: soa(option(10, CLIENT_COOKIE + 'ab'.repeat(16))), must: [COOKIE_SET] },
  {
    name: 'a cookie without a question (7873 §5.4)',
    ask: `+headeronly ${option(10, CLIENT_COOKIE)}`,
    content: 'nothing',
    must: [COOKIE_SET],
  },
  { name: 'client subnet: bits behind the source (7871 §6)', ask: soa('+ecs=00011100050501'), ...FORMERR },
  { name: 'client subnet with a scope', ask: soa('+ecs=00011808050501'), ...FORMERR },
  { name: 'client subnet of an unknown family', ask: soa('+ecs=00091800050501'), ...FORMERR },
  { name: 'client subnet, IPv6', ask: soa('+subnet=2400::/56'), must: [/ecs=2400::\/56\/0/] },
  {
    name: 'every option at once, in another order',
    ask: soa(`+opt=10:${CLIENT_COOKIE},100:ff,8:00010000,3:`),
    must: [COOKIE_SET],
  },

  // Classes, types, zones.
  { name: 'class NONE', ask: `${ZONE} SOA NONE`, rcode: 'REFUSED', content: 'nothing' },
  { name: 'class HS', ask: `${ZONE} SOA HS +edns`, rcode: 'REFUSED', content: 'nothing' },
  {
    name: 'outside (REFUSED, not NXDOMAIN)',
    ask: 'example.net SOA +edns',
    rcode: 'REFUSED',
    content: 'nothing',
    must: [/ede=20/],
  },
  { name: 'the root', ask: '. NS', rcode: 'REFUSED', content: 'nothing' },
  { name: 'AXFR over UDP', ask: `${ZONE} AXFR`, rcode: 'REFUSED|FORMERR|NOTIMP', content: 'nothing', over: 'udp' },
  { name: 'AXFR', ask: `${ZONE} AXFR`, rcode: 'REFUSED|NOTAUTH', content: 'nothing', over: 'tcp' },
  { name: 'IXFR', ask: `${ZONE} IXFR`, rcode: 'REFUSED|NOTAUTH', content: 'nothing', over: 'tcp' },
  { name: 'a type of no data', ask: `${ZONE} TYPE41`, ...FORMERR },
  { name: 'mixed case', ask: 'GeO.ExAmPlE SOA +edns' },
  {
    name: 'dnswkk: a key that nobody has (8945 §5.2.1)',
    ask: soa('+tsig=key.example'),
    rcode: 'NOTAUTH|NOERROR',
    content: 'any',
  },
]
