import { formatAddress } from '../../domain/address.ts'
import type { Endpoint } from '../../domain/endpoint.ts'
import { hashText } from '../../domain/hash.ts'
import type { Plan, PlanNode } from '../../domain/plan.ts'
import type { Policy } from '../../domain/policy.ts'
import type { Turns } from '../../domain/turns.ts'
import type { SteeredService } from '../../steering/snapshot.ts'
import { shownEndpoints } from '../handed-out.ts'

/** One of the different answers of a service: what the endpoints, the outcome and the TTL make it, whatever led there. */
export interface ServiceAnswer {
  /** The same for answers that are the same, while policy and zones are. */
  readonly key: string
  readonly plan: Plan
  readonly list: number
}

export interface CompiledService {
  readonly answers: readonly ServiceAnswer[]
  /** The same where all answers are, in their order, while policy and zones are. */
  readonly answersKey: string
  /** By plan, by list: index into `answers`. */
  readonly answerOf: readonly (readonly number[])[]
}

/** All that a service can answer; the same object for services with one map that answer alike. */
export function createServiceCompiler(): (service: SteeredService) => Turns<CompiledService> {
  const compiled = new WeakMap<SteeredService, CompiledService>()
  const ofMap = new WeakMap<SteeredService['map'], Map<string, CompiledService>>()
  return function* (service) {
    const known = compiled.get(service)
    if (known !== undefined) return known
    const made = yield* compileService(service)
    const alike = ofMap.get(service.map) ?? new Map<string, CompiledService>()
    ofMap.set(service.map, alike)
    const text = [made.answersKey, ...made.answerOf.map((lists) => lists.join())].join('|')
    const shared = alike.get(text) ?? made
    alike.set(text, shared)
    compiled.set(service, shared)
    return shared
  }
}

/** Ranks looked at from one pause to the next: a few milliseconds. */
const RANKS_PER_TURN = 1 << 15

function* compileService({ policy, endpoints: served, map }: SteeredService): Turns<CompiledService> {
  const answers: ServiceAnswer[] = []
  const known = new Map<string, number>()
  const answerOf: number[][] = []
  let ranks = 0
  for (const plan of map.plans) {
    const ofPlan = listsOf(plan).map((endpoints, list) => {
      const ranked = endpoints.map((index) => served[index] as Endpoint)
      const key = answerKey(
        plan,
        shownEndpoints(policy, ranked).map((shown) => nameShown(shown, policy)),
      )
      const index = known.get(key) ?? answers.push({ key, plan, list }) - 1
      known.set(key, index)
      ranks += ranked.length
      return index
    })
    answerOf.push(ofPlan)
    if (ranks >= RANKS_PER_TURN) {
      ranks = 0
      yield
    }
  }
  return { answers, answersKey: answers.map(({ key }) => key).join(';'), answerOf }
}

/** A slot may name a list that is not there: then nothing is to be answered. */
const listsOf = ({ lists, root }: Plan): readonly (readonly number[])[] => {
  const most = highestList(root) + 1
  return Array.from({ length: Math.max(most, lists.length) }, (_, index) => lists[index] ?? [])
}

const highestList = (node: PlanNode): number =>
  node.kind === 'fork' ? Math.max(...node.below.map(highestList)) : node.slots.reduce((a, b) => Math.max(a, b), 0)

const isDated = ({ validUntilMs }: Plan): boolean => validUntilMs !== Number.POSITIVE_INFINITY

/** Endpoints further back never show. */
const answerKey = (plan: Plan, shown: readonly string[]): string =>
  [plan.outcome, plan.ttlSeconds, isDated(plan) ? 'dated' : '', plan.target === null ? '' : 'target', ...shown].join()

/** An endpoint as answers show it: with the addresses that are left, where some are left out. */
function nameShown(endpoint: Endpoint, { endpoints }: Policy): string {
  const { index, a, aaaa } = endpoint
  return endpoint === endpoints[index] ? String(index) : `${index}(${[...a, ...aaaa].map(formatAddress).join(' ')})`
}

/** The seeds of engine/slots.ts. */
export const CANARY_SEED = 0x63616e61
export const SPREAD_SEED = 0x73707264

export const seedsOf = ({ service }: Policy): { readonly canary: number; readonly spread: number } => ({
  canary: hashText(service, CANARY_SEED),
  spread: hashText(service, SPREAD_SEED),
})
