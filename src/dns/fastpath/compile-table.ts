import type { IpPrefix } from '../../domain/address.ts'
import { hashText } from '../../domain/hash.ts'
import type { Plan, PlanNode } from '../../domain/plan.ts'
import type { Policy } from '../../domain/policy.ts'
import { EMPTY_TREE, type PrefixTree } from '../../domain/prefix-tree.ts'
import type { GeoLocator } from '../../ports/geo-locator.ts'
import type { Snapshot, SteeredService } from '../../steering/snapshot.ts'
import { parentOf, type WireName, wildcardBelow, isWildcard } from '../wire/name.ts'
import { compileZones, type ZoneTables } from '../zone-table.ts'
import { type CompiledEntry, type CompiledNames, compileNames, ghostsOf, renderName } from './compile-names.ts'
import { type CompiledService, compileService, seedsOf, type ServiceAnswer } from './compile-service.ts'
import { createPacker, type Packer } from './packer.ts'
import { createInterner, createOracle, type Interner, type Oracle, type Rendered, ttlOffsets } from './render.ts'
import { AXIS, BRANCH_KIND, type CounterKey, PLAN_FLAG, PUNT, type TableBuffers } from './table.ts'
import { clientSubnetTree, clientTree, shareTree } from './tree-buffer.ts'

export interface CompiledTable {
  readonly buffers: TableBuffers
  readonly counters: readonly CounterKey[]
}

/** Compiles snapshots; what did not change since the last one is not done again. */
export type TableCompiler = (snapshot: Snapshot, nowMs: number) => CompiledTable

/** @param debug networks whose clients get debug answers: the complete path gives those */
export function createTableCompiler(debug: readonly IpPrefix[]): TableCompiler {
  const trees = new WeakMap<PrefixTree, SharedArrayBuffer>()
  const subnetTrees = new WeakMap<GeoLocator, SharedArrayBuffer>()
  const services = new WeakMap<SteeredService, CompiledService>()
  const debugTree = shareTree(clientTree(debug))
  let zoned: Zoned | null = null

  const remembered = <K extends object, V>(cache: WeakMap<K, V>, key: K, make: (key: K) => V): V => {
    const known = cache.get(key) ?? make(key)
    cache.set(key, known)
    return known
  }

  return (snapshot, nowMs) => {
    const { set, revision } = snapshot
    if (zoned?.set !== set || zoned.revision !== revision.number) {
      const zones = compileZones(set, revision.number)
      const intern = createInterner()
      const names = compileNames(createOracle(snapshot, zones), intern, nowMs)
      zoned = { set, revision: revision.number, zones, names, intern, rendered: new WeakMap() }
    }
    const oracle = createOracle(snapshot, zoned.zones)
    const packer = createPacker()
    const ecsTree = remembered(subnetTrees, snapshot.geo, (geo) => shareTree(clientSubnetTree(geo)))
    const shared = [ecsTree, debugTree]
    const packed = new Map<string, PackedService>()
    const packedService = (id: string): PackedService | null => {
      const service = snapshot.services.get(id)
      if (service === undefined) return null
      const known = packed.get(id)
      if (known !== undefined) return known
      const tree = remembered(trees, service.map.tree, shareTree)
      if (!shared.includes(tree)) shared.push(tree)
      const compiled = remembered(services, service, compileService)
      const made = { service, compiled, at: packService(packer, service, compiled, shared.indexOf(tree)) }
      packed.set(id, made)
      return made
    }
    packNames(packer, oracle, zoned, packedService, nowMs)
    return { buffers: { main: packer.finish(), trees: shared }, counters: packer.counters }
  }
}

/** A table that hands everything over. */
export const emptyTable = (): CompiledTable => {
  const tree = shareTree(EMPTY_TREE)
  return { buffers: { main: createPacker().finish(), trees: [tree, tree] }, counters: [] }
}

interface Zoned {
  readonly set: Snapshot['set']
  readonly revision: number
  readonly zones: ZoneTables
  readonly names: CompiledNames
  readonly intern: Interner
  /** By policy, then by name, type and answer. */
  readonly rendered: WeakMap<Policy, Map<string, Rendered | null>>
}

interface PackedService {
  readonly service: SteeredService
  readonly compiled: CompiledService
  readonly at: number
}

function packService(packer: Packer, service: SteeredService, compiled: CompiledService, tree: number): number {
  const { policy, map } = service
  const plans = map.plans.flatMap((plan, index) => [
    packBranch(packer, plan.root),
    flagsOf(plan),
    plan.ttlSeconds,
    plan.validUntilMs === Number.POSITIVE_INFINITY ? -1 : packer.time(plan.validUntilMs),
    packer.words(compiled.answerOf[index] ?? []),
  ])
  const seeds = seedsOf(policy)
  return packer.words([tree, packer.words(plans), seeds.canary, seeds.spread])
}

const flagsOf = ({ sticky, canary }: Plan): number =>
  (sticky.by === 'none' ? PLAN_FLAG.dice : 0) | (canary || sticky.by !== 'none' ? PLAN_FLAG.byNetwork : 0)

function packBranch(packer: Packer, node: PlanNode): number {
  if (node.kind === 'slots') return packer.words([BRANCH_KIND.slots, packer.slots(node.slots), node.slots.length])
  const below = node.below.map((child) => packBranch(packer, child))
  const axis = node.axis === 'canary' ? AXIS.canary : AXIS.spread
  return packer.words([BRANCH_KIND.fork, axis, hashText(node.axis), below.length, ...node.edges, ...below])
}

function packNames(
  packer: Packer,
  oracle: Oracle,
  zoned: Zoned,
  packedService: (id: string) => PackedService | null,
  nowMs: number,
): void {
  const { names, refused } = zoned.names
  const numbers = new Map(names.map(({ name }, index) => [name, index]))
  const steered = (name: WireName, { type, steer }: CompiledEntry): number => {
    const packed = steer === null ? null : packedService(steer.service)
    if (steer === null || packed === null) return PUNT
    const answers = packed.compiled.answers.map((answer) =>
      packer.template(renderAnswer(oracle, zoned, name, type, packed.service, answer, nowMs)),
    )
    return packer.words([packed.at, steer.ecs === 'never' ? 1 : 0, packer.words(answers)])
  }
  packer.refused(refused)
  for (const { name, entries, other, hasWildcard, below } of names) {
    const types = entries.flatMap((entry) => [entry.type, packer.template(entry.rendered), steered(name, entry)])
    const wildcard = hasWildcard ? (numbers.get(wildcardBelow(name)) ?? PUNT) : -1
    packer.name(name, [packer.words(types), entries.length, packer.template(other), wildcard, packer.template(below)])
  }
}

/** What the complete path says at this name when the service gives this answer. */
function renderAnswer(
  oracle: Oracle,
  { rendered, names, intern }: Zoned,
  name: WireName,
  type: number,
  service: SteeredService,
  { key, plan, list }: ServiceAnswer,
  nowMs: number,
): Rendered | null {
  const ofPolicy = rendered.get(service.policy) ?? new Map<string, Rendered | null>()
  rendered.set(service.policy, ofPolicy)
  const cacheKey = `${name}|${type}|${key}`
  const known = ofPolicy.get(cacheKey)
  if (known !== undefined) return known

  const ask = (held: Plan, atMs: number) => {
    oracle.hold(service, held, list)
    const made = renderName(oracle, name, type, atMs)
    const { services = [], learned = true } = made?.asked ?? {}
    // Another service behind the first one has plans of its own.
    if (made === null || learned || services.length !== 1 || services[0] !== service.policy.service) return null
    const ghosts = isWildcard(name) ? ghostsOf(made.asked, parentOf(name)) : []
    return ghosts.every((ghost) => names.known.has(ghost)) ? made.rendered : null
  }
  const lasting = ask({ ...plan, validUntilMs: Number.POSITIVE_INFINITY }, nowMs)
  const ending = plan.validUntilMs === Number.POSITIVE_INFINITY ? lasting : ask({ ...plan, validUntilMs: 0 }, 0)
  const made = lasting === null || ending === null ? null : intern({ ...lasting, ttls: differentTtls(lasting, ending) })
  ofPolicy.set(cacheKey, made)
  return made
}

/** The TTLs that come from the plan: those that are another when it ends at once. */
const differentTtls = (a: Rendered, b: Rendered): readonly number[] =>
  ttlOffsets(a.octets).filter(
    (at) => Buffer.compare(a.octets.subarray(at, at + 4), b.octets.subarray(at, at + 4)) !== 0,
  )
