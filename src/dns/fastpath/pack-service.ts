import { hashText } from '../../domain/hash.ts'
import type { Plan, PlanNode } from '../../domain/plan.ts'
import type { Turns } from '../../domain/turns.ts'
import type { SteeredService } from '../../steering/snapshot.ts'
import { type CompiledService, seedsOf } from './compile-service.ts'
import type { Packer } from './packer.ts'
import { AXIS, BRANCH_KIND, PLAN_FLAG } from './table.ts'

/** Where the plans of services that answer alike stand. */
export type PackedPlans = Map<CompiledService, number>

/** @returns where the service stands */
export function* packService(
  packer: Packer,
  { policy, map }: SteeredService,
  compiled: CompiledService,
  tree: number,
  packed: PackedPlans,
): Turns<number> {
  const plansAt = packed.get(compiled) ?? (yield* packPlans(packer, map.plans, compiled))
  packed.set(compiled, plansAt)
  const seeds = seedsOf(policy)
  return packer.words([tree, plansAt, seeds.canary, seeds.spread])
}

/** Plans packed from one pause to the next: a millisecond or two. */
const PLANS_PER_TURN = 512

function* packPlans(packer: Packer, plans: readonly Plan[], { answerOf }: CompiledService): Turns<number> {
  const words: number[] = []
  for (const [index, plan] of plans.entries()) {
    words.push(
      packBranch(packer, plan.root),
      flagsOf(plan),
      plan.ttlSeconds,
      plan.validUntilMs === Number.POSITIVE_INFINITY ? -1 : packer.time(plan.validUntilMs),
      packer.words(answerOf[index] ?? []),
    )
    if (index % PLANS_PER_TURN === PLANS_PER_TURN - 1) yield
  }
  return packer.words(words)
}

const flagsOf = ({ sticky, canary }: Plan): number =>
  (sticky.by === 'none' ? PLAN_FLAG.dice : 0) | (canary || sticky.by !== 'none' ? PLAN_FLAG.byNetwork : 0)

function packBranch(packer: Packer, node: PlanNode): number {
  if (node.kind === 'slots') return packer.words([BRANCH_KIND.slots, packer.slots(node.slots), node.slots.length])
  const below = node.below.map((child) => packBranch(packer, child))
  const axis = node.axis === 'canary' ? AXIS.canary : AXIS.spread
  return packer.words([BRANCH_KIND.fork, axis, hashText(node.axis), below.length, ...node.edges, ...below])
}
