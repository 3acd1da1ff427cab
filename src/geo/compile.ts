import { basename } from 'node:path'
import { SPECIAL_PURPOSE } from '../domain/address.ts'
import type { Location } from '../domain/place.ts'
import { NOWHERE } from '../domain/place.ts'
import type { PrefixTree } from '../domain/prefix-tree.ts'
import { compactTree, paintPrefixes, zipTrees } from '../domain/prefix-tree.ts'
import type { GeoDatabaseInfo } from '../ports/geo-locator.ts'
import { ALIASES_OF_IPV4, type CompiledMmdb } from './compile-mmdb.ts'
import { createRefusals } from './geo-data-error.ts'
import type { GeoParts } from './geo-locator.ts'
import type { LocationClasses } from './location-classes.ts'
import { checkPlausible } from './probes.ts'
import { type GeoProgress, type Layer, NOTHING, type ReadSources, readSources } from './read-sources.ts'
import { DBIP_ATTRIBUTION, type GeoSources } from './sources.ts'

/**
 * Reads, checks and merges the sources, overrides apart: the operator's files, else the bundled ones, for places and for
 * AS numbers and for each family separately. Takes seconds: not for a thread that answers.
 * @throws GeoDataError for all the files that are damaged, not understood, or wrong in what they say.
 */
export function compileGeo(sources: GeoSources, onProgress: (progress: GeoProgress) => void): GeoParts {
  const read = readSources(sources, onProgress)
  const { classes, places, asnFiles, csvRoots } = read

  checkEach(read)
  onProgress({ phase: 'merging', done: 0, total: 1 })
  const merge = (over: number, under: number) => mergePlaces(classes, over, under)
  const tree = withoutUnplaceable(
    layered(
      read.placeNodes,
      places.map((file) => layerOf(file, 'place')),
      merge,
    ),
  )
  const asnRoots = [...asnFiles.map((file) => layerOf(file, 'asn')), ...csvRoots]
  const either = (over: number, under: number) => (over === 0 ? under : over)
  const asns = asnRoots.length === 0 ? null : withoutUnplaceable(layered(read.asnNodes, asnRoots, either))
  onProgress({ phase: 'merging', done: 1, total: 1 })

  return { info: infoOf(read), digest: read.digest, locations: classes.locations, tree, asns }
}

/** Each file on its own, so that the one that talks nonsense is named. */
function checkEach({ places, placeNodes, classes }: ReadSources): void {
  const refusals = createRefusals()
  for (const compiled of places) {
    const known = [...compiled.locationIds].map((id) => classes.locations[id] ?? NOWHERE)
    refusals.collect(() =>
      checkPlausible(
        compiled.file.name,
        { nodes: placeNodes, ...layerOf(compiled, 'place') },
        classes.locations,
        known,
      ),
    )
  }
  refusals.throwAll()
}

const layerOf = ({ roots4, roots6 }: CompiledMmdb, what: 'place' | 'asn'): Layer => ({
  root4: roots4?.[what] ?? NOTHING,
  root6: roots6?.[what] ?? NOTHING,
})

/** Layers of one array of nodes laid over one another, the first on top. Where they have nothing in common it costs nothing. */
function layered(
  nodes: Int32Array,
  layers: readonly Layer[],
  merge: (over: number, under: number) => number,
): PrefixTree {
  let over: PrefixTree = { nodes, root4: NOTHING, root6: NOTHING }
  for (const layer of layers) {
    const under: PrefixTree = { nodes, ...layer }
    over = over.nodes === nodes && areDisjoint(over, under) ? besides(over, under) : zipTrees(over, under, merge)
  }
  return over
}

const areDisjoint = (a: Layer, b: Layer): boolean =>
  (a.root4 === NOTHING || b.root4 === NOTHING) && (a.root6 === NOTHING || b.root6 === NOTHING)

const besides = (a: PrefixTree, b: PrefixTree): PrefixTree => ({
  nodes: a.nodes,
  root4: a.root4 === NOTHING ? b.root4 : a.root4,
  root6: a.root6 === NOTHING ? b.root6 : a.root6,
})

/** The upper place, completed by the lower one where it says less of the same. */
function mergePlaces({ locations, idOf }: LocationClasses, over: number, under: number): number {
  if (over === 0 || under === 0) return over === 0 ? under : over
  const upper = locations[over] ?? NOWHERE
  const lower = locations[under] ?? NOWHERE
  if (upper.country === null) {
    const { point, radiusKm, precision } = upper
    return idOf({ ...lower, point, radiusKm, precision } satisfies Location)
  }
  const isFiner = upper.precision === 'country' && lower.precision === 'city' && lower.country === upper.country
  return isFiner ? under : over
}

const withoutUnplaceable = (tree: PrefixTree): PrefixTree =>
  compactTree(
    paintPrefixes(tree, [
      ...SPECIAL_PURPOSE.map(({ prefix }) => ({ prefix, value: 0 })),
      ...ALIASES_OF_IPV4.map((prefix) => ({ prefix, value: 0 })),
    ]),
  )

function infoOf({ own, places, asnFiles, csvRoots, bundled }: ReadSources): GeoDatabaseInfo {
  const ownNames = places
    .filter((compiled) => own.includes(compiled))
    .map(({ file }) => titleOf(file.name, file.databaseType))
  const bundledNames = bundled.flatMap(({ database, what, families }) =>
    what !== 'places' ? [] : [families.length === 2 ? database.name : `${database.name} (IPv${families.join()} only)`],
  )
  const attributions = [
    ...own.flatMap(({ file }) => attributionOf(`${file.databaseType} ${basename(file.name)}`)),
    ...bundled.flatMap(({ database }) => database.attributions),
  ]
  return {
    name: [...new Set([...ownNames, ...bundledNames])].join(' + ') || 'none',
    files: [...own.map(({ file }) => file.name), ...bundled.flatMap(({ files }) => files)],
    precision: places[0]?.precision ?? 'none',
    builtAtMs: places.length === 0 ? null : Math.min(...places.map(({ file }) => file.builtAtMs)),
    attributions: [...new Set(attributions)],
    hasAsn: asnFiles.length > 0 || csvRoots.length > 0,
  }
}

/** ip-location-db's files are all called `city ipv4` or so inside: their file name says more. */
const titleOf = (path: string, databaseType: string): string =>
  /^(city|country|asn)\b/.test(databaseType) || databaseType === '' ? basename(path) : databaseType

const ATTRIBUTIONS: readonly (readonly [RegExp, string])[] = [
  [/geolite2/i, 'This product includes GeoLite Data created by MaxMind, available from https://www.maxmind.com'],
  [/db-?ip/i, DBIP_ATTRIBUTION],
  [/ipinfo/i, 'IP address data powered by IPinfo (https://ipinfo.io)'],
]

const attributionOf = (text: string): readonly string[] =>
  ATTRIBUTIONS.flatMap(([pattern, attribution]) => (pattern.test(text) ? [attribution] : []))
