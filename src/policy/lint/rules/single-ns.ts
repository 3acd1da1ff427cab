import { formatAddress } from '../../../domain/address.ts'
import { type Rule, warning } from '../rule.ts'
import { quote } from '../text.ts'

/** RFC 1034 §4.1: "every zone is required to be available on at least two servers". */
export const singleNs: Rule = {
  id: 'single-ns',
  *find({ zones }) {
    for (const zone of zones) {
      const addresses = zone.ns.flatMap((server) => server.addresses.map(formatAddress))
      const [only] = zone.ns
      if (only !== undefined && zone.ns.length === 1) {
        yield warning(
          zone,
          'ns',
          `zone ${quote(zone.name)} has a single name server, ${quote(only.name)}: when it is away, all its names are (RFC 1034 §4.1 asks for two)`,
          'add a second one, on another network',
        )
      } else if (new Set(addresses).size === 1 && zone.ns.every((server) => server.addresses.length > 0)) {
        yield warning(
          zone,
          'ns',
          `all name servers of zone ${quote(zone.name)} have the same address, ${quote(addresses[0] ?? '')}: they fail together`,
          'add one on another network',
        )
      }
    }
  },
}
