import type { IpFamily } from '../domain/address.ts'
import { parseAddress } from '../domain/address.ts'
import type { PrefixTreeBuilder } from '../domain/prefix-tree.ts'
import { MAX_LEAF_VALUE } from '../domain/prefix-tree.ts'
import { FINEST_V6_LENGTH } from './compile-mmdb.ts'
import { GeoDataError } from './geo-data-error.ts'

const MAX_ASN = 0xffffffff
const LINES_PER_REPORT = 1 << 16

/**
 * ip-location-db's `first,last,asn,"organisation"` lines, one family a file, painted over `root`. Ranges inside one /64
 * that do not begin it are left out: see {@link FINEST_V6_LENGTH}.
 * @returns what `root` has become.
 * @throws GeoDataError at the first line that is no such line.
 */
export function paintAsnCsv(
  name: string,
  text: string,
  family: IpFamily,
  target: { readonly builder: PrefixTreeBuilder; readonly root: number },
  onOctets: (done: number) => void,
): number {
  let { root } = target
  let lineNumber = 0
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline
    lineNumber++
    if (lineNumber % LINES_PER_REPORT === 0) onOctets(start)
    if (end > start) {
      const line = text.slice(start, end)
      const [firstText = '', lastText = '', asnText = ''] = line.split(',', 3)
      const first = parseAddress(firstText)
      const last = parseAddress(lastText)
      const asn = Number(asnText)
      if (first?.family !== family || last?.family !== family || !(asn >= 0 && asn <= MAX_ASN)) {
        throw new GeoDataError(
          name,
          `line ${lineNumber} is ${JSON.stringify(line.slice(0, 80))}: expected first,last,asn,"organisation" of IPv${family}`,
        )
      }
      if (family === 4 || widenToNetworks(first.bytes, last.bytes))
        // Private numbers (RFC 6996) that leaked: not announced by anybody who could be told by them.
        root = target.builder.paintRange(root, first.bytes, last.bytes, asn > MAX_LEAF_VALUE ? 0 : asn)
    }
    start = end + 1
  }
  return root
}

/** Both ends moved to those of whole /64 networks; false when no network begins in the range. */
function widenToNetworks(first: Uint8Array, last: Uint8Array): boolean {
  const octets = FINEST_V6_LENGTH / 8
  if (first.subarray(octets).some((octet) => octet !== 0)) {
    if (first.subarray(0, octets).every((octet, i) => octet === last[i])) return false
    let i = octets - 1
    while (i >= 0 && first[i] === 0xff) first[i--] = 0
    first[i] = (first[i] ?? 0) + 1
    first.fill(0, octets)
  }
  last.fill(0xff, octets)
  return true
}
