/**
 * Well-known networks that have been in one country for decades: universities, national providers. A database that
 * is readable but places them elsewhere is damaged, or not what it says (latency.md A3, trap 8).
 */
import { parseAddress } from '../domain/address.ts'
import { COUNTRIES } from '../domain/countries.ts'
import type { Location } from '../domain/place.ts'
import { distanceKm } from '../domain/place.ts'
import type { PrefixTree } from '../domain/prefix-tree.ts'
import { lookUpPrefix } from '../domain/prefix-tree.ts'
import { GeoDataError } from './geo-data-error.ts'

export const PLACE_PROBES: readonly (readonly [address: string, country: string])[] = [
  ['18.7.22.69', 'US'],
  ['128.32.12.8', 'US'],
  ['171.64.7.77', 'US'],
  ['128.112.128.81', 'US'],
  ['129.79.78.189', 'US'],
  ['128.100.100.128', 'CA'],
  ['132.204.8.11', 'CA'],
  ['132.248.10.2', 'MX'],
  ['143.107.253.62', 'BR'],
  ['200.130.35.28', 'BR'],
  ['157.92.4.1', 'AR'],
  ['146.83.1.1', 'CL'],
  ['129.132.19.216', 'CH'],
  ['128.178.222.108', 'CH'],
  ['131.188.3.2', 'DE'],
  ['141.20.1.3', 'DE'],
  ['129.187.10.25', 'DE'],
  ['128.232.132.8', 'GB'],
  ['129.215.13.1', 'GB'],
  ['163.1.60.42', 'GB'],
  ['134.157.0.129', 'FR'],
  ['129.175.1.1', 'FR'],
  ['130.89.1.1', 'NL'],
  ['145.97.1.1', 'NL'],
  ['130.225.1.1', 'DK'],
  ['130.238.7.10', 'SE'],
  ['129.240.8.200', 'NO'],
  ['128.214.222.24', 'FI'],
  ['147.83.194.21', 'ES'],
  ['131.175.1.1', 'IT'],
  ['147.102.222.210', 'GR'],
  ['147.251.48.1', 'CZ'],
  ['131.130.1.11', 'AT'],
  ['132.66.11.168', 'IL'],
  ['133.11.0.1', 'JP'],
  ['130.54.1.1', 'JP'],
  ['143.248.1.177', 'KR'],
  ['166.111.4.100', 'CN'],
  ['162.105.1.1', 'CN'],
  ['140.112.8.116', 'TW'],
  ['147.8.1.1', 'HK'],
  ['137.132.1.1', 'SG'],
  ['130.194.1.1', 'AU'],
  ['129.78.5.8', 'AU'],
  ['130.216.1.1', 'NZ'],
  ['137.158.154.230', 'ZA'],
  ['146.141.1.1', 'ZA'],
  ['2607:f140::1', 'US'],
  ['2001:638:a000::1', 'DE'],
  ['2001:630:212::1', 'GB'],
  ['2001:620::1', 'CH'],
  ['2001:6b0:1::1', 'SE'],
  ['2001:700:100::1', 'NO'],
  ['2001:708::1', 'FI'],
  ['2001:648:2000::1', 'GR'],
  ['2001:718::1', 'CZ'],
  ['2001:200::1', 'JP'],
  ['2001:da8:200::1', 'CN'],
  ['2001:388::1', 'AU'],
]

/** As many must be known before anything is judged by them: a small database may know few. */
const FEWEST_TO_JUDGE_BY = 5
/** A file that gives all of them one or two countries is not mistaken: somebody made it so. */
const FEWEST_COUNTRIES_TO_JUDGE_BY = 3
/** DB-IP, the weakest of the good databases, agrees with the majority for 97% of addresses (latency.md B). */
const LEAST_AGREEMENT = 0.6
/** Few places in a country are so far from where its people are: of the largest, and of those with islands. */
const FARTHEST_FROM_CENTROID_KM = 6000
const MOST_FAR_PLACES = 0.5

/**
 * @param known the locations that this database has, of all `locations` that its tree's leaves may name
 * @throws GeoDataError when most of the well-known networks it knows are in another country than they are, or most of its
 *   points are on another continent than their countries.
 */
export function checkPlausible(
  name: string,
  tree: PrefixTree,
  locations: readonly Location[],
  known: readonly Location[],
): void {
  checkProbes(name, tree, locations)
  checkPoints(name, known)
}

function checkProbes(name: string, tree: PrefixTree, locations: readonly Location[]): void {
  const answers = PLACE_PROBES.flatMap(([address, country]) => {
    const location = locations[lookUpPrefix(tree, parseAddress(address)!).value]
    return location === undefined || location.precision === 'none' ? [] : [{ address, country, location }]
  })
  const wrong = answers.filter(({ country, location }) => location.country !== null && location.country !== country)
  const countries = new Set(answers.map(({ location }) => location.country))
  if (answers.length < FEWEST_TO_JUDGE_BY || countries.size < FEWEST_COUNTRIES_TO_JUDGE_BY) return
  if (wrong.length <= answers.length * (1 - LEAST_AGREEMENT)) return
  const examples = wrong
    .slice(0, 3)
    .map(({ address, country, location }) => `${address} in ${location.country} instead of ${country}`)
  throw new GeoDataError(
    name,
    `it can be read, but its answers are nonsense: ${wrong.length} of ${answers.length} well-known networks are misplaced, ` +
      `such as ${examples.join(', ')}`,
  )
}

function checkPoints(name: string, locations: readonly Location[]): void {
  const placed = locations.filter(({ precision }) => precision === 'city')
  const far = placed.filter(({ country, point }) => {
    const centroid = COUNTRIES.get(country ?? '')?.centroid ?? null
    return point !== null && centroid !== null && distanceKm(point, centroid) > FARTHEST_FROM_CENTROID_KM
  })
  if (placed.length < FEWEST_TO_JUDGE_BY || far.length <= placed.length * MOST_FAR_PLACES) return
  const examples = far.slice(0, 3).map(({ country, point }) => `${country} at ${point?.lat}, ${point?.lon}`)
  throw new GeoDataError(
    name,
    `it can be read, but its answers are nonsense: ${far.length} of ${placed.length} places are more than ` +
      `${FARTHEST_FROM_CENTROID_KM} km from the people of their country, such as ${examples.join(', ')}`,
  )
}
