import type { IpFamily } from '../domain/address.ts'
import { hashText } from '../domain/hash.ts'
import { BUCKETS, type ClientLevel, LEVELS, PREFIX_SAMPLES, SPEAKERS } from './constants.ts'
import { median, type Weighted, weightedMedian } from './medians.ts'
import type { PrefixCell } from './prefix-cells.ts'

/** What a cell says of one target, before it is published. */
export interface Evidence {
  /** Residual to the distance prior, ms. */
  readonly residualMs: number
  /** Distinct prefixes, of the prefix level samples; each by its age. */
  readonly n: number
  /** Spread of one of them, ms. */
  readonly sdMs: number
  readonly samples: number
  /** Of the measurements themselves, ms. */
  readonly rttMs: number
}

/** One prefix's word about one target. */
export interface Vote {
  readonly cell: PrefixCell
  /** Eighths, by age. */
  readonly weight: number
  readonly residualMs: number
  /** Without what the prefix adds to all its targets alike; the residual itself where it measured but one. */
  readonly centredMs: number
  readonly isPaired: boolean
}

export interface Quorum {
  readonly prefixes: number
  readonly blocks: number
  readonly samples: number
}

/** Of a cell with more of them a sample of about so many is as good, and taken in a few milliseconds. */
const VOTES_MOST = 8_192

/** Whole networks, so that what they say of several targets stays together. */
function* sampleOf(members: ReadonlySet<PrefixCell>): Iterable<PrefixCell> {
  const oneOf = Math.ceil(members.size / VOTES_MOST)
  for (const cell of members) if (oneOf === 1 || hashText(cell.network.key) % oneOf === 0) yield cell
}

/** E6: the votes of a level's cell that are not too old, paired (E10). */
export function votesOf(members: ReadonlySet<PrefixCell>, level: ClientLevel, nowMs: number): readonly Vote[] {
  const bucket = Math.floor(nowMs / LEVELS[level].bucketMs)
  const votes: Vote[] = []
  for (const cell of sampleOf(members)) {
    const age = Math.max(0, bucket - Math.floor(cell.lastMs / LEVELS[level].bucketMs))
    if (age >= BUCKETS || cell.samples === 0) continue
    const residualMs = cell.p25Ms - cell.priorMs
    votes.push({ cell, weight: BUCKETS - age, residualMs, centredMs: residualMs, isPaired: false })
  }
  return paired(votes)
}

/**
 * E10: access networks add −18…+78 ms to whatever they measure, so targets that were measured by different populations are compared by what
 * each prefix says of one beside its other targets.
 */
function paired(votes: readonly Vote[]): readonly Vote[] {
  const typical = new Map([...byTarget(votes)].map(([target, of]) => [target, weightedMedian(of.map(byResidual))]))
  const byPrefix = Map.groupBy(votes, ({ cell }) => cell.network.key)
  return [...byPrefix.values()].flatMap((own) => {
    if (new Set(own.map(({ cell }) => cell.target)).size < 2) return own
    const offsetMs = median(own.map(({ cell, residualMs }) => residualMs - typical.get(cell.target)!))
    return own.map((vote) => ({ ...vote, centredMs: vote.residualMs - offsetMs, isPaired: true }))
  })
}

export const byTarget = (votes: readonly Vote[]): Map<string, Vote[]> => Map.groupBy(votes, ({ cell }) => cell.target)

const byResidual = ({ residualMs, weight }: Vote): Weighted => ({ value: residualMs, weight })
export const byCentred = ({ centredMs, weight }: Vote): Weighted => ({ value: centredMs, weight })

/** Who speaks: an ASN, or, where none is known, a network of the size that a quorum counts. */
const speakerOf = ({ cell: { network, place } }: Vote): string | number => place.asn ?? network.block

/** The votes with nobody's above a {@link SPEAKERS}th of all, by cutting the weight of who has more; none when too few speak. */
export function evenVoices(votes: readonly Vote[]): readonly Vote[] {
  const weights = new Map<string | number, number>()
  for (const vote of votes) weights.set(speakerOf(vote), (weights.get(speakerOf(vote)) ?? 0) + vote.weight)
  if (weights.size < SPEAKERS) return []
  const mostWeight = fairShare([...weights.values()])
  return votes.map((vote) => {
    const own = weights.get(speakerOf(vote))!
    return own <= mostWeight ? vote : { ...vote, weight: (vote.weight * mostWeight) / own }
  })
}

/** The most that each may have so that nobody has more than a {@link SPEAKERS}th of what is left. Of at least so many. */
function fairShare(weights: readonly number[]): number {
  let rest = weights.reduce((sum, weight) => sum + weight, 0)
  for (const [cut, weight] of [...weights].sort((a, b) => b - a).entries()) {
    const share = rest / (SPEAKERS - cut)
    if (weight <= share) return share
    rest -= weight
  }
  return rest
}

/** E7: whether enough distinct networks have measured enough. */
export function isQuorate(votes: readonly Vote[], quorum: Quorum): boolean {
  if (votes.length < quorum.prefixes) return false
  const samples = votes.reduce((sum, { cell }) => sum + cell.samples, 0)
  const blocks = new Set(votes.map(({ cell }) => cell.network.block))
  return samples >= quorum.samples && blocks.size >= quorum.blocks
}

/**
 * E2: the median over prefixes of each prefix's p25, which holds against any number of lies from less than half of the
 * prefixes. Each family has its own median and quorum; both together count by their numbers.
 */
export function coarseEvidence(
  votes: readonly Vote[],
  level: Exclude<ClientLevel, 'prefix'>,
  quorumOf: (target: string) => Quorum,
): Map<string, Evidence> {
  const found = new Map<string, Evidence>()
  for (const [target, of] of byTarget(votes)) {
    for (const family of [4, 6] as const) {
      const evidence = familyEvidence(of, family, level, quorumOf(target))
      if (evidence !== null) found.set(target, together(evidence, found.get(target)))
    }
  }
  return found
}

function familyEvidence(votes: readonly Vote[], family: IpFamily, level: ClientLevel, quorum: Quorum): Evidence | null {
  const all = votes.filter(({ cell }) => cell.family === family)
  const pairs = all.filter(({ isPaired }) => isPaired)
  const chosen = isQuorate(pairs, quorum) ? pairs : all
  if (!isQuorate(chosen, quorum)) return null
  const counted = level === 'asn' ? chosen : evenVoices(chosen)
  if (counted.length === 0) return null
  return {
    residualMs: weightedMedian(counted.map(byCentred)),
    n: counted.reduce((sum, { weight }) => sum + weight, 0) / BUCKETS,
    sdMs: LEVELS[level].sdMs,
    samples: counted.reduce((sum, { cell }) => sum + cell.samples, 0),
    rttMs: weightedMedian(counted.map(({ cell, weight }) => ({ value: cell.p25Ms, weight }))),
  }
}

/** E2 and E4 for a prefix: the p25 of its own samples, where it has enough of them. */
export function prefixEvidence(members: Iterable<PrefixCell>): Map<string, Evidence> {
  const found = new Map<string, Evidence>()
  for (const { target, p25Ms, priorMs, iqrMs, n, samples } of members) {
    if (samples < PREFIX_SAMPLES || n === 0) continue
    // Of a normal distribution, 1.35 deviations lie between the quarters.
    const sdMs = Math.max(LEVELS.prefix.sdMs, iqrMs / 1.35)
    const evidence = { residualMs: p25Ms - priorMs, n, sdMs, samples, rttMs: p25Ms }
    found.set(target, together(evidence, found.get(target)))
  }
  return found
}

/** Of two families, by their numbers. */
export function together(one: Evidence, other: Evidence | undefined): Evidence {
  if (other === undefined) return one
  const n = one.n + other.n
  const mean = (of: (evidence: Evidence) => number): number => (one.n * of(one) + other.n * of(other)) / n
  return {
    residualMs: mean(({ residualMs }) => residualMs),
    n,
    sdMs: mean(({ sdMs }) => sdMs),
    samples: one.samples + other.samples,
    rttMs: mean(({ rttMs }) => rttMs),
  }
}
