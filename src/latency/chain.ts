import type { Evidence as EvidenceName } from '../domain/facts.ts'
import { arcKm, type UnitVector } from '../domain/place.ts'
import { CLIENT_LEVELS, KERNEL_KM, LEVELS, type Level, REPORTED_SHIFT_MS } from './constants.ts'
import { type CellPlace, cellKeyOf } from './keys.ts'
import { median } from './medians.ts'
import type { PublishedCell } from './published.ts'

/** Everything that is published, by level and cell. */
export type PublishedLevels = Readonly<Record<Level, ReadonlyMap<string, PublishedCell>>>

/** A place, with the cells that have a voice there. */
export interface Spot {
  readonly nodes: readonly { readonly cell: PublishedCell; readonly weight: number }[]
  /** In the order of the levels; null where there is none. */
  readonly cells: readonly (PublishedCell | null)[]
}

/** How a target differs from its distance prior. */
export interface Residual {
  readonly ms: number
  readonly variance: number
  readonly source: EvidenceName
  readonly samples: number
}

/** By how much a cell moves targets away from what the coarser levels say. */
export interface Moves {
  /** What all of its targets have in common beyond the coarser levels, at the median, ms. */
  readonly commonMs: number
  /**
   * Of targets that it has not measured: what it has in common. So what a cell measured of one target alone (it may be the
   * access of its clients) orders nothing: E7 asks for both of two.
   */
  readonly othersMs: number
  readonly measured: ReadonlyMap<string, number>
}

export interface Chain {
  spotOf(place: CellPlace, at: UnitVector | null): Spot
  /** @param below only levels coarser than this one, by its position in CLIENT_LEVELS */
  residualOf(spot: Spot, target: string, priorSdMs: number, below?: number): Residual
  /** At the cell's own place; not of the level of nodes. */
  movesOf(cell: PublishedCell): Moves
}

/** A node that is farther than about 2,400 km is heard, but is no source to name. */
const NAMED_WEIGHT = 0.05

/** E3: shrinking from coarse to fine. Pure but for what it remembers of `levels`, which must not change. */
export function createChain(levels: PublishedLevels): Chain {
  const moves = new Map<PublishedCell, Moves>()

  const spotOf = (place: CellPlace, at: UnitVector | null): Spot => ({
    nodes:
      at === null
        ? []
        : [...levels.nodes.values()].map((cell) => ({
            cell,
            weight: Math.exp(-arcKm(at, cell.at as UnitVector) / KERNEL_KM),
          })),
    cells: CLIENT_LEVELS.map((level) => {
      const key = cellKeyOf(level, place)
      return key === null ? null : (levels[level].get(key) ?? null)
    }),
  })

  function movesOf(cell: PublishedCell): Moves {
    const known = moves.get(cell)
    if (known !== undefined) return known
    const position = (CLIENT_LEVELS as readonly Level[]).indexOf(cell.level)
    const spot = spotOf(cell.place, cell.at)
    const { k } = LEVELS[cell.level]
    const own = [...cell.of].map(([target, { residualMs, n }]) => ({
      target,
      w: weightOf(n, k),
      beyondMs: residualMs - residualOf(spot, target, 0, position).ms,
    }))
    const commonMs = median(own.map(({ beyondMs }) => beyondMs))
    // As sure as of the target that is known best, and the same for all of them: or those less known would look faster.
    const othersMs = commonMs * Math.max(...own.map(({ w }) => w))
    const measured = new Map(own.map(({ target, w, beyondMs }) => [target, othersMs + w * (beyondMs - commonMs)]))
    const made = { commonMs, othersMs, measured }
    moves.set(cell, made)
    return made
  }

  function residualOf(spot: Spot, target: string, priorSdMs: number, below: number = CLIENT_LEVELS.length): Residual {
    const start = kernel(spot, target, priorSdMs)
    let { ms, variance, source } = start
    let commonMs = ms
    let reported = 0
    for (let position = 0; position < below; position++) {
      const cell = spot.cells[position]
      if (cell === null || cell === undefined) continue
      const { commonMs: cellMs, othersMs } = movesOf(cell)
      commonMs += othersMs
      const own = cell.of.get(target)
      if (own === undefined) {
        ms += othersMs
        continue
      }
      // E3, with what all targets have in common set apart.
      const w = weightOf(own.n, LEVELS[cell.level].k)
      ms += othersMs + w * (own.residualMs - cellMs - ms)
      // E4.
      variance = (w * own.sdMs) ** 2 / own.n + (1 - w) ** 2 * variance
      source = CLIENT_LEVELS[position] as EvidenceName
      // What a finer level counts, the coarser ones have counted too.
      reported = Math.max(reported, own.samples)
    }
    const bounded = Math.max(commonMs - REPORTED_SHIFT_MS, Math.min(commonMs + REPORTED_SHIFT_MS, ms))
    return { ms: bounded, variance, source, samples: start.samples + reported }
  }
  return { spotOf, residualOf, movesOf }
}

const weightOf = (n: number, k: number): number => n / (n + k)

/** E3: the node kernel. A node that has not measured the target says what it has in common with those that it has. */
function kernel({ nodes }: Spot, target: string, priorSdMs: number): Residual {
  let weights = 0
  let weighted = 0
  let named = 0
  let samples = 0
  for (const { cell, weight } of nodes) {
    const own = cell.of.get(target)
    weights += weight
    weighted += weight * (own?.residualMs ?? cell.commonMs)
    if (own === undefined) continue
    named += weight
    samples += own.samples
  }
  const w = weightOf(weights, LEVELS.nodes.k)
  // The variance only where the target was measured: a common offset says nothing of it.
  const own = weightOf(named, LEVELS.nodes.k)
  const spread = named === 0 ? 0 : (own * LEVELS.nodes.sdMs) ** 2 / named
  return {
    ms: weights === 0 ? 0 : w * (weighted / weights),
    variance: spread + (1 - own) ** 2 * priorSdMs ** 2,
    source: named >= NAMED_WEIGHT ? 'nodes' : 'distance',
    samples: named >= NAMED_WEIGHT ? samples : 0,
  }
}
