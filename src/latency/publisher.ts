import type { LatencyView } from '../domain/facts.ts'
import type { Turns } from '../domain/turns.ts'
import { type Chain, createChain, type PublishedLevels } from './chain.ts'
import { CLIENT_LEVELS, type ClientLevel, HYSTERESIS, type Level, QUARANTINE_QUORUM, QUORUM } from './constants.ts'
import { type Group, type Groups, middleOf } from './groups.ts'
import { type NodeCell, nodeEvidence } from './node-cells.ts'
import { type PublishedCell, republish } from './published.ts'
import { quarantineOf } from './quarantine.ts'
import { createView } from './view.ts'
import { coarseEvidence, type Evidence, prefixEvidence, type Quorum, type Vote, votesOf } from './votes.ts'

/** What samples say now, and what is published of it. */
export interface Publisher {
  /** The same object while nothing published has moved. */
  viewSteps(nowMs: number): Turns<LatencyView>
  /** What it gave last. */
  readonly latest: () => LatencyView
  readonly levels: () => PublishedLevels
  /** Goes on from what another run had published. */
  begin(published: readonly PublishedCell[]): void
}

const NOBODYS_PLACE = { subregion: null, country: null, asn: null, prefix: null }

const NOTHING: PublishedLevels = {
  nodes: new Map(),
  subregion: new Map(),
  country: new Map(),
  asn: new Map(),
  prefix: new Map(),
}

/** Groups looked at from one pause to the next: a few milliseconds. */
const GROUPS_PER_TURN: Readonly<Record<ClientLevel, number>> = { subregion: 1, country: 1, asn: 32, prefix: 128 }

type Quarantine = ReadonlyMap<number, ReadonlySet<string>>

export function createPublisher(groups: Groups, nodes: ReadonlyMap<string, NodeCell>): Publisher {
  let levels = NOTHING
  let latest = createView(levels)
  /** By country. */
  const quarantines = new Map<string, Quarantine>()

  const isQuarantined = (country: string | null, asn: number | null, target: string): boolean =>
    country !== null && asn !== null && (quarantines.get(country)?.get(asn)?.has(target) ?? false)
  const counts = ({ cell: { place, target } }: Vote): boolean => !isQuarantined(place.country, place.asn, target)

  /** Before the levels above and below it are looked at. */
  function* judgeCountries(nowMs: number): Turns<void> {
    for (const country of [...groups.changed.country]) {
      yield
      const group = groups.of.country.get(country)
      const before = quarantines.get(country)
      const now = group === undefined ? new Map() : quarantineOf(votesOf(group.members, 'country', nowMs))
      if (now.size === 0) quarantines.delete(country)
      else quarantines.set(country, now)
      for (const asn of new Set([...(before?.keys() ?? []), ...now.keys()])) groups.changed.asn.add(`${asn}|${country}`)
    }
  }

  function evidenceOf(level: ClientLevel, group: Group, nowMs: number): Map<string, Evidence> {
    const { members, place } = group
    switch (level) {
      case 'prefix':
        return prefixEvidence(members)
      case 'asn':
        return coarseEvidence(
          votesOf(members, level, nowMs),
          level,
          (target): Quorum => (isQuarantined(place.country, place.asn, target) ? QUARANTINE_QUORUM : QUORUM),
        )
      case 'country':
      case 'subregion':
        return coarseEvidence(votesOf(members, level, nowMs).filter(counts), level, () => QUORUM)
    }
  }

  /** The level as it is to be; the same map when nothing of it has moved. */
  function* publishLevel(level: ClientLevel, chain: Chain, nowMs: number): Turns<ReadonlyMap<string, PublishedCell>> {
    const changed = groups.changed[level]
    const next = moving(levels[level])
    for (const [index, key] of [...changed].entries()) {
      if (index % GROUPS_PER_TURN[level] === 0) yield
      const before = levels[level].get(key) ?? null
      const group = groups.of[level].get(key)
      // It is looked at again when it may move.
      if (before === null || group === undefined || nowMs - before.sinceMs >= HYSTERESIS.dwellMs) changed.delete(key)
      if (group === undefined) {
        next.put(key, null)
        continue
      }
      const { place, members } = group
      const at = middleOf(members)
      const evidence = evidenceOf(level, group, nowMs)
      const spot = chain.spotOf(place, at)
      const below = CLIENT_LEVELS.indexOf(level)
      const coarserMs = (target: string): number => chain.residualOf(spot, target, 0, below).ms
      next.put(key, republish(before, { level, key, place, at, evidence, coarserMs }, nowMs))
    }
    return next.done()
  }

  function publishNodes(nowMs: number): ReadonlyMap<string, PublishedCell> {
    const next = moving(levels.nodes)
    for (const [key, node] of nodes) {
      const evidence = nodeEvidence(node, nowMs)
      const publication = {
        level: 'nodes',
        key,
        place: NOBODYS_PLACE,
        at: node.at,
        evidence,
        coarserMs: () => 0,
      } as const
      next.put(key, republish(levels.nodes.get(key) ?? null, publication, nowMs))
    }
    for (const key of levels.nodes.keys()) if (!nodes.has(key)) next.put(key, null)
    return next.done()
  }

  return {
    latest: () => latest,
    levels: () => levels,
    begin(published) {
      const begun: Record<Level, Map<string, PublishedCell>> = {
        nodes: new Map(levels.nodes),
        subregion: new Map(levels.subregion),
        country: new Map(levels.country),
        asn: new Map(levels.asn),
        prefix: new Map(levels.prefix),
      }
      for (const cell of published) {
        if (begun[cell.level].has(cell.key)) continue
        begun[cell.level].set(cell.key, cell)
        // What has lost its samples meanwhile goes at the next look.
        if (cell.level !== 'nodes') groups.changed[cell.level].add(cell.key)
      }
      levels = begun
      latest = createView(levels)
    },
    *viewSteps(nowMs) {
      yield* judgeCountries(nowMs)
      // The chain reads each level only when the coarser ones are as they are to be.
      const next: Record<Level, ReadonlyMap<string, PublishedCell>> = { ...levels, nodes: publishNodes(nowMs) }
      const chain = createChain(next)
      for (const level of CLIENT_LEVELS) next[level] = yield* publishLevel(level, chain, nowMs)
      const isMoved = (Object.keys(next) as Level[]).some((level) => next[level] !== levels[level])
      if (isMoved) {
        levels = next
        latest = createView(levels)
      }
      return latest
    },
  }
}

/** A copy of `before` that is made at the first change. */
function moving(before: ReadonlyMap<string, PublishedCell>) {
  let next: Map<string, PublishedCell> | null = null
  return {
    put(key: string, cell: PublishedCell | null): void {
      if ((before.get(key) ?? null) === cell) return
      next ??= new Map(before)
      if (cell === null) next.delete(key)
      else next.set(key, cell)
    },
    done: (): ReadonlyMap<string, PublishedCell> => next ?? before,
  }
}
