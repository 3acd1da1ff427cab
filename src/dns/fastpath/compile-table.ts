import type { IpPrefix } from '../../domain/address.ts'
import type { PrefixTree } from '../../domain/prefix-tree.ts'
import type { Turns } from '../../domain/turns.ts'
import type { Zone } from '../../domain/zone.ts'
import type { GeoLocator } from '../../ports/geo-locator.ts'
import type { Snapshot } from '../../steering/snapshot.ts'
import { ROOT, type WireName } from '../wire/name.ts'
import type { ZoneTable, ZoneTables } from '../zone-table.ts'
import { packAnswers } from './compile-answers.ts'
import {
  type CompiledZone,
  compileRefused,
  compileZoneNames,
  ecsKey,
  isIndexed,
  type SteeredEntry,
} from './compile-names.ts'
import { type CompiledService, createServiceCompiler } from './compile-service.ts'
import { type CompiledTable, FIRST_WORD, layOut, layOutAlone, type PlacedAnswers, type PlacedZone } from './layout.ts'
import { type PackedPlans, packService } from './pack-service.ts'
import { createPacker, type Packer, type Part } from './packer.ts'
import { createOracle, type Oracle } from './render.ts'
import { ECS } from './table.ts'
import { clientSubnetTree, clientTree, emptyTrees, shareTree } from './tree-buffer.ts'
import { areSame, type Uses } from './uses.ts'

/** Compiles snapshots, one at a time; what did not change since the last one is not done again. */
export type TableCompiler = (snapshot: Snapshot, zones: ZoneTables, nowMs: number) => Turns<CompiledTable>

/** @param debug networks whose clients get debug answers: the complete path gives those */
export function createTableCompiler(debug: readonly IpPrefix[]): TableCompiler {
  const trees = createTrees(debug)
  const names = createNameKeeper()
  const answers = createAnswerKeeper()
  const compileService = createServiceCompiler()

  return function* compile(snapshot, zones, nowMs) {
    const oracle = createOracle(snapshot, zones)
    const zoneNames = yield* names(oracle, snapshot, zones, nowMs)
    const packer = createPacker(FIRST_WORD)
    packer.refused(compileRefused(oracle, nowMs))
    const numbered = trees(snapshot.geo)
    const services = createServicePacker(packer, snapshot, compileService, numbered.ofPlans)
    const placedAnswers: PlacedAnswers[] = []
    const placedZones: PlacedZone[] = []
    for (const { table, compiled } of zoneNames) {
      const steered: [entryAt: number, answers: number][] = []
      for (const entry of compiled.steered) {
        const service = yield* services(entry.service)
        if (service === null) continue
        const part = answers({ oracle, snapshot, zones, nowMs, table, compiled, entry, service })
        const count = service.compiled.answers.length
        const placed = { part, count, serviceAt: service.at, ecs: numbered.ofEcs(entry.ecs) }
        steered.push([entry.entryAt, placedAnswers.push(placed) - 1])
        yield
      }
      placedZones.push({ part: compiled.part, steered })
    }
    const laidOut = yield* layOut(packer.finish(), placedAnswers, placedZones, snapshot.revision.number)
    return { buffers: { main: laidOut.main, trees: numbered.all }, counters: laidOut.counters }
  }
}

/** A table that hands everything over. */
export const emptyTable = (): CompiledTable => layOutAlone(createPacker(FIRST_WORD).finish(), emptyTrees())

/** Trees in shared memory, each made once for as long as what it is made of lives. */
function createTrees(debug: readonly IpPrefix[]) {
  const shared = new WeakMap<PrefixTree, SharedArrayBuffer>()
  const subnets = new WeakMap<GeoLocator, SharedArrayBuffer>()
  const trusted = new Map<string, SharedArrayBuffer>()
  const debugTree = shareTree(clientTree(debug))
  const remembered = <K, V>(
    cache: { get(key: K): V | undefined; set(key: K, value: V): unknown },
    key: K,
    make: () => V,
  ) => {
    const known = cache.get(key) ?? make()
    cache.set(key, known)
    return known
  }
  /** Those of one table get their numbers as they are asked for. */
  return (geo: GeoLocator) => {
    const all = [remembered(subnets, geo, () => shareTree(clientSubnetTree(geo))), debugTree]
    const numbers = new Map(all.map((tree, index) => [tree, index]))
    const numberOf = (tree: SharedArrayBuffer): number => remembered(numbers, tree, () => all.push(tree) - 1)
    return {
      all,
      ofPlans: (tree: PrefixTree) => numberOf(remembered(shared, tree, () => shareTree(tree))),
      ofEcs: (ecs: Zone['ecs']) =>
        typeof ecs === 'string'
          ? ECS[ecs]
          : numberOf(remembered(trusted, ecsKey(ecs), () => shareTree(clientTree(ecs.trusted)))),
    }
  }
}

interface KeptZone {
  readonly table: ZoneTable
  readonly compiled: CompiledZone
  readonly uses: Uses
}

/** Compiles the names of zones that are not as they were. */
function createNameKeeper() {
  let before: ReadonlyMap<WireName, KeptZone> = new Map()
  return function* (oracle: Oracle, snapshot: Snapshot, zones: ZoneTables, nowMs: number): Turns<Iterable<KeptZone>> {
    const kept = new Map<WireName, KeptZone>()
    for (const table of zones.values()) {
      const known = before.get(table.apex)
      if (known?.table.nodes === table.nodes && areSame(known.uses, snapshot, zones)) {
        kept.set(table.apex, { ...known, table })
      } else {
        const uses = oracle.note(table.apex)
        kept.set(table.apex, { table, compiled: yield* compileZoneNames(oracle, table, nowMs), uses })
      }
      yield
    }
    oracle.note(ROOT)
    before = kept
    return kept.values()
  }
}

interface PackedService {
  readonly service: NonNullable<ReturnType<Snapshot['services']['get']>>
  readonly compiled: CompiledService
  readonly at: number
}

/** Packs services as they are asked for. */
function createServicePacker(
  packer: Packer,
  { services }: Snapshot,
  compileService: ReturnType<typeof createServiceCompiler>,
  treeNumber: (tree: PrefixTree) => number,
) {
  const packed = new Map<string, PackedService>()
  const plans: PackedPlans = new Map()
  return function* (id: string): Turns<PackedService | null> {
    const service = services.get(id)
    if (service === undefined) return null
    const known = packed.get(id)
    if (known !== undefined) return known
    const compiled = yield* compileService(service)
    const at = yield* packService(packer, service, compiled, treeNumber(service.map.tree), plans)
    const made = { service, compiled, at }
    packed.set(id, made)
    return made
  }
}

interface AnswersJob {
  readonly oracle: Oracle
  readonly snapshot: Snapshot
  readonly zones: ZoneTables
  readonly nowMs: number
  readonly table: ZoneTable
  readonly compiled: CompiledZone
  readonly entry: SteeredEntry
  readonly service: PackedService
}

/** Packs the answers of services that are not as they were. */
function createAnswerKeeper() {
  const kept = new WeakMap<
    SteeredEntry,
    { readonly answersKey: string; readonly policy: unknown; readonly part: Part; readonly uses: Uses }
  >()
  return ({ oracle, snapshot, zones, nowMs, table, compiled, entry, service }: AnswersJob): Part => {
    const { policy } = service.service
    const { answersKey } = service.compiled
    const known = kept.get(entry)
    const isSame = known?.answersKey === answersKey && known.policy === policy
    if (isSame && areSame(known.uses, snapshot, zones)) return known.part
    const uses = oracle.note(table.apex)
    const indexed = (name: WireName) => isIndexed(oracle.zones, table, compiled.ghosts, name)
    const part = packAnswers(oracle, entry, service.service, service.compiled, indexed, nowMs)
    kept.set(entry, { answersKey, policy, part, uses })
    return part
  }
}
