import type { IpFamily } from '../domain/address.ts'
import type { UnitVector } from '../domain/place.ts'
import { LEVELS } from './constants.ts'
import type { CellPlace, PrefixKeys } from './keys.ts'
import { emptyWindow, type SampleWindow } from './sample-window.ts'

/** What one network of clients measured of one target over one family: all coarser levels are made of these. */
export interface PrefixCell {
  readonly key: string
  readonly network: PrefixKeys
  readonly target: string
  readonly family: IpFamily
  readonly place: CellPlace
  readonly at: UnitVector | null
  /** E1, for where the network is. */
  readonly priorMs: number
  readonly window: SampleWindow
  /** Of the newest summary; a window that has run out leaves its last, which goes on voting at the coarser levels. */
  p25Ms: number
  iqrMs: number
  /** Of the window, at the newest summary. */
  n: number
  samples: number
  lastMs: number
}

export type NewCell = Pick<PrefixCell, 'network' | 'target' | 'family' | 'place' | 'at' | 'priorMs'>

/** Bounded table of cells, whatever clients send. */
export interface PrefixCells {
  /** The cell for a sample; null when it is not let in (yet). */
  take(wanted: NewCell, atMs: number): PrefixCell | null
  readonly all: ReadonlyMap<string, PrefixCell>
  drop(cell: PrefixCell): void
}

export interface PrefixCellsOptions {
  readonly most: number
  readonly onAdded: (cell: PrefixCell) => void
  readonly onDropped: (cell: PrefixCell) => void
}

/** One holder of addresses (a /16, a /32) has at most this part of the table: who owns a /32 has 65,536 /48s. */
const HOLDING_PART = 1 / 50

/**
 * Least recently used goes first; when it is full, a newcomer is let in at its second sample only (latency.md E, "Bounds"), so that
 * a flood of networks that are seen once pushes nobody out.
 */
export function createPrefixCells({ most, onAdded, onDropped }: PrefixCellsOptions): PrefixCells {
  const cells = new Map<string, PrefixCell>()
  const perHolding = new Map<string, number>()
  const seenOnce = new Set<string>()
  const mostPerHolding = Math.max(1, Math.floor(most * HOLDING_PART))

  function count(holding: string, by: number): void {
    const now = (perHolding.get(holding) ?? 0) + by
    if (now === 0) perHolding.delete(holding)
    else perHolding.set(holding, now)
  }

  function drop(cell: PrefixCell): void {
    cells.delete(cell.key)
    count(cell.network.holding, -1)
    onDropped(cell)
  }

  function add(key: string, wanted: NewCell, window: SampleWindow): PrefixCell {
    const cell = { ...wanted, key, window, p25Ms: 0, iqrMs: 0, n: 0, samples: 0, lastMs: 0 }
    cells.set(key, cell)
    count(wanted.network.holding, 1)
    onAdded(cell)
    return cell
  }

  function isLetIn(key: string, holding: string): boolean {
    if ((perHolding.get(holding) ?? 0) >= mostPerHolding) return false
    if (cells.size < most || seenOnce.delete(key)) return true
    if (seenOnce.size >= most) seenOnce.delete(seenOnce.values().next().value as string)
    seenOnce.add(key)
    return false
  }

  return {
    all: cells,
    drop,
    take(wanted, atMs) {
      const { network, target, family, place } = wanted
      const key = `${network.key}>${family}>${target}`
      const known = cells.get(key)
      if (known !== undefined && isSamePlace(known, wanted)) {
        cells.delete(key)
        cells.set(key, known)
        return known
      }
      if (known !== undefined) {
        // The geo database, or the site, has moved: the samples stay, what they count towards changes.
        drop(known)
        return add(key, { ...wanted, place }, known.window)
      }
      if (!isLetIn(key, network.holding)) return null
      if (cells.size >= most) drop(cells.values().next().value as PrefixCell)
      return add(key, wanted, emptyWindow(Math.floor(atMs / LEVELS.prefix.bucketMs)))
    },
  }
}

const isSamePlace = (a: NewCell, b: NewCell): boolean =>
  a.priorMs === b.priorMs &&
  a.place.subregion === b.place.subregion &&
  a.place.country === b.place.country &&
  a.place.asn === b.place.asn
