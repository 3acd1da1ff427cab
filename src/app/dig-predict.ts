import type { AskTransport } from '../dns/client/ask-server.ts'
import { find, zoneFor } from '../dns/lookup.ts'
import { createResponder } from '../dns/respond.ts'
import { TYPE } from '../dns/wire/codes.ts'
import type { WireName } from '../dns/wire/name.ts'
import { parseResponse, type Response } from '../dns/wire/response.ts'
import { createZones } from '../dns/zones.ts'
import type { IpAddress } from '../domain/address.ts'
import type { Plan } from '../domain/plan.ts'
import { listShares } from '../engine/shares.ts'
import { listFor } from '../engine/slots.ts'
import type { Decision } from '../steering/decide.ts'
import type { Snapshot } from '../steering/snapshot.ts'
import { contentOf } from './dig-compare.ts'
import type { OutsideNames } from './dig-outside.ts'
import { narrowed } from './known-draws.ts'

/** One answer that a node may give, and how often it gives it, 0…1. */
export interface Possible {
  readonly share: number
  readonly response: Response
  /** Taken for it, in order; empty for zone data. */
  readonly decisions: readonly Decision[]
  /** What it hands out: endpoints of the services on the way, more than one wording where the wire shows no difference. */
  readonly endpoints: readonly string[]
}

/** What a node on this snapshot answers. */
export interface Prediction {
  /** The most frequent first; more than one where dice are thrown. */
  readonly possible: readonly Possible[]
  /** False when there are more than are worth listing: then an answer that is not among them may be right all the same. */
  readonly isComplete: boolean
  /** Names outside our zones whose addresses went into it: a node may have learned others. */
  readonly outside: readonly string[]
}

export interface PredictionParts {
  readonly snapshot: Snapshot
  readonly outside: OutsideNames
}

export type Predict = (
  query: Uint8Array,
  peer: { readonly address: IpAddress; readonly transport: AskTransport },
  /** The moment of the answer. */
  atMs: number,
) => Promise<Prediction>

const MOST_POSSIBLE = 2048
const OUT_LENGTH = 65_535
const UDP_OUT_LENGTH = 1232

export interface Predictor {
  readonly predict: Predict
  /** Types of the records that a zone holds at a name itself; a service answers for others as well. */
  readonly typesHeld: (name: WireName) => readonly number[]
}

/** The complete path itself, with its dice in our hand. Debugging is off. */
export function createPredictor({ snapshot, outside }: PredictionParts): Predictor {
  const zones = createZones()
  let draws: readonly number[] = []
  let thrown = 0
  let nowMs = 0
  let decisions: readonly Decision[] = []
  let names = new Set<string>()
  const respond = createResponder({
    current: () => snapshot,
    zones,
    nowMs: () => nowMs,
    dice: () => draws[thrown++] ?? 0,
    debug: [],
    // NSID and `id.server` are not asked for.
    nodeId: null,
    findAliasAddresses: (name) => {
      names.add(name)
      return outside.find(name)
    },
    onDecisions: (taken) => {
      decisions = taken
    },
    onFailure: (error) => {
      throw error
    },
  })
  const drawsFor = createDrawFinder()

  const predict: Predict = async (query, peer, atMs) => {
    const out = new Uint8Array(peer.transport === 'udp' ? UDP_OUT_LENGTH : OUT_LENGTH)
    const run = (prefix: readonly number[]): { response: Response; decisions: readonly Decision[] } => {
      draws = prefix
      thrown = 0
      decisions = []
      const response = parseResponse(out.slice(0, respond(query, query.length, peer, out)))
      if ('malformed' in response)
        throw new Error(`the answer of the complete path cannot be read: ${response.malformed}`)
      return { response, decisions }
    }
    for (;;) {
      nowMs = atMs
      names = new Set()
      const found = { ...enumerate(run, drawsFor), outside: [...names] }
      const learned = await outside.learn()
      if (learned.length === 0) return found
    }
  }
  const typesHeld = (name: WireName): readonly number[] => {
    const tables = zones.of(snapshot)
    const table = zoneFor(tables, name, TYPE.A)
    const found = table === null ? null : find(table, name, TYPE.A)
    return found?.kind === 'node' ? [...found.node.rrsets.keys()] : []
  }
  return { predict, typesHeld }
}

type Run = (draws: readonly number[]) => { readonly response: Response; readonly decisions: readonly Decision[] }

/** Follows every way that the dice may fall, as the plans say how often each does. */
function enumerate(run: Run, drawsFor: DrawFinder): Pick<Prediction, 'possible' | 'isComplete'> {
  const possible = new Map<string, Possible>()
  let left = MOST_POSSIBLE
  const follow = (draws: readonly number[], share: number): void => {
    if (left <= 0) return
    const { response, decisions } = run(draws)
    // A die is thrown where a plan sticks to nothing, and only there: over DNS every client has a network.
    const next = decisions.filter(({ plan }) => plan.sticky.by === 'none')[draws.length]
    if (next === undefined) {
      left--
      addTo(possible, { share, response, decisions, endpoints: [endpointsText(decisions)] })
      return
    }
    for (const choice of drawsFor(next.plan, next.slot.canary)) follow([...draws, choice.draw], share * choice.share)
  }
  follow([], 1)
  return { possible: [...possible.values()].sort((a, b) => b.share - a.share), isComplete: left > 0 }
}

function addTo(possible: Map<string, Possible>, found: Possible): void {
  const key = contentOf(found.response)
  const known = possible.get(key)
  if (known === undefined) {
    possible.set(key, found)
    return
  }
  const endpoints = [...new Set([...known.endpoints, ...found.endpoints])]
  possible.set(key, { ...known, share: known.share + found.share, endpoints })
}

/** The endpoint in front of each decision on the way, such as `eu → frankfurt`. */
const endpointsText = (decisions: readonly Decision[]): string =>
  decisions.map(({ endpoints, plan }) => endpoints[0]?.id ?? (plan.target === null ? 'none' : 'static')).join(' → ')

interface Choice {
  /** One that leads to the list. */
  readonly draw: number
  readonly share: number
}
type DrawFinder = (plan: Plan, canary: number) => readonly Choice[]

/** 2³² over the golden ratio: multiples of it fill the range evenly, however many there are (Weyl's sequence). */
const STEP = 0x9e3779b9
const MOST_TRIES = 1 << 20

/** For every ranked list that the spread draw can lead to: its share, and a draw that does. Remembers plans. */
function createDrawFinder(): DrawFinder {
  const known = new WeakMap<Plan, Map<number, readonly Choice[]>>()
  return (plan, canary) => {
    const ofPlan = known.get(plan) ?? new Map<number, readonly Choice[]>()
    known.set(plan, ofPlan)
    // Without a `percent` the canary draw means nothing.
    const key = plan.canary ? canary : 0
    const choices = ofPlan.get(key) ?? findDraws(plan, key)
    ofPlan.set(key, choices)
    return choices
  }
}

function findDraws(plan: Plan, canary: number): readonly Choice[] {
  const shares = listShares(narrowed(plan, { canary, spread: null }), plan.lists.length)
  const wanted = new Map(plan.lists.flatMap((list, index) => ((shares[index] ?? 0) > 0 ? [[list, index]] : [])))
  const choices: Choice[] = []
  for (let tries = 0, draw = 0; wanted.size > 0 && tries < MOST_TRIES; tries++, draw = (draw + STEP) >>> 0) {
    const list = listFor(plan, { canary, spread: draw })
    const index = wanted.get(list)
    if (index === undefined) continue
    wanted.delete(list)
    choices.push({ draw, share: shares[index] ?? 0 })
  }
  return choices
}
