import type { UnitVector } from '../domain/place.ts'
import { CLIENT_LEVELS, type ClientLevel } from './constants.ts'
import { type CellPlace, cellKeyOf } from './keys.ts'
import type { PrefixCell } from './prefix-cells.ts'

/** The prefix cells that count towards one cell of a level. */
export interface Group {
  readonly key: string
  readonly place: CellPlace
  readonly members: Set<PrefixCell>
}

/** Which prefix cell counts where, and which groups must be looked at again. */
export interface Groups {
  readonly of: Readonly<Record<ClientLevel, ReadonlyMap<string, Group>>>
  readonly changed: Readonly<Record<ClientLevel, Set<string>>>
  add(cell: PrefixCell): void
  remove(cell: PrefixCell): void
  /** The cell has new samples. */
  touch(cell: PrefixCell): void
  touchAll(): void
}

export function createGroups(): Groups {
  const of: Record<ClientLevel, Map<string, Group>> = {
    subregion: new Map(),
    country: new Map(),
    asn: new Map(),
    prefix: new Map(),
  }
  const changed: Record<ClientLevel, Set<string>> = {
    subregion: new Set(),
    country: new Set(),
    asn: new Set(),
    prefix: new Set(),
  }
  const placeOf = (cell: PrefixCell): CellPlace => ({ ...cell.place, prefix: cell.network.key })
  const each = (cell: PrefixCell, visit: (level: ClientLevel, key: string) => void): void => {
    const place = placeOf(cell)
    for (const level of CLIENT_LEVELS) {
      const key = cellKeyOf(level, place)
      if (key === null) continue
      visit(level, key)
      changed[level].add(key)
    }
  }
  return {
    of,
    changed,
    add: (cell) =>
      each(cell, (level, key) => {
        const group = of[level].get(key)
        if (group === undefined) of[level].set(key, { key, place: placeOf(cell), members: new Set([cell]) })
        else group.members.add(cell)
      }),
    remove: (cell) =>
      each(cell, (level, key) => {
        const group = of[level].get(key)
        group?.members.delete(cell)
        if (group?.members.size === 0) of[level].delete(key)
      }),
    touch: (cell) => each(cell, () => {}),
    touchAll() {
      for (const level of CLIENT_LEVELS) for (const key of of[level].keys()) changed[level].add(key)
    },
  }
}

/** The middle of the members that have a place; null without one. */
export function middleOf(members: Iterable<PrefixCell>): UnitVector | null {
  const sum = { x: 0, y: 0, z: 0 }
  for (const { at } of members) {
    if (at === null) continue
    sum.x += at.x
    sum.y += at.y
    sum.z += at.z
  }
  const length = Math.hypot(sum.x, sum.y, sum.z)
  return length === 0 ? null : { x: sum.x / length, y: sum.y / length, z: sum.z / length }
}
