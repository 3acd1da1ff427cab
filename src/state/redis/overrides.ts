import type { Override } from '../../domain/facts.ts'
import type { Store } from '../../ports/store.ts'
import { checkOverride } from '../stored-text.ts'
import { SCHEMA } from './mark.ts'
import type { RedisParts } from './parts.ts'

/** Every node reads them all at every change of one. */
export const MOST_OVERRIDES = 1_000
const MOST_OVERRIDE_OCTETS = 8 * 1024
/** `<when it expires, or "-"> <its place in the order> <JSON>`: what scripts need stands before what they need not. */
const VALUE = /^(?:-|\d+) (?<order>\d+) (?<json>.*)$/s

export type OverridePart = Pick<Store, 'overrides' | 'setOverride' | 'clearOverride'>

export function createOverrides(parts: RedisParts): OverridePart {
  const { calls, keys, scripts, nowMs, newId, mostChanges, rememberSeconds, told, onProblem } = parts

  function parse(value: string): readonly { readonly order: number; readonly override: Override }[] {
    const { order, json = '' } = VALUE.exec(value)?.groups ?? {}
    try {
      if (order === undefined) throw new Error('it is none of ours')
      return [{ order: Number(order), override: checkOverride(JSON.parse(json)) }]
    } catch (error) {
      onProblem(`an override in Redis is passed over: ${(error as Error).message}`)
      return []
    }
  }

  return {
    async overrides(atMs) {
      const values = await calls.read('the overrides could not be read', 'HVALS', keys.overrides)
      return (values as string[])
        .flatMap(parse)
        .sort((a, b) => a.order - b.order)
        .map(({ override }) => override)
        .filter(({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > atMs)
    },

    async setOverride(override) {
      const valid = checkOverride(override)
      const json = JSON.stringify(valid)
      const octets = Buffer.byteLength(json)
      if (octets > MOST_OVERRIDE_OCTETS)
        throw new Error(`the override would have ${octets} octets; the most is ${MOST_OVERRIDE_OCTETS}. It is not set.`)
      const id = newId()
      const reply = await calls.write(
        `the override of ${valid.target} could not be set`,
        scripts['set-override'],
        [keys.state, keys.overrides, keys.changes, keys.done(id)],
        [
          ...[valid.target, id, json, valid.expiresAtMs ?? '-', nowMs(), MOST_OVERRIDES],
          ...[mostChanges, rememberSeconds, newId(), SCHEMA],
        ],
      )
      const [isSet, number] = reply as [number, number]
      if (isSet !== 1)
        throw new Error(`there are ${number} overrides, and may be ${MOST_OVERRIDES}. It is not set; clear some.`)
      told.step('overrides', { number, id })
    },

    async clearOverride(target) {
      const id = newId()
      const reply = await calls.write(
        `the override of ${target} could not be cleared`,
        scripts['clear-override'],
        [keys.state, keys.overrides, keys.changes, keys.done(id)],
        [target, id, nowMs(), mostChanges, rememberSeconds],
      )
      const [isCleared, number] = reply as [number, number]
      if (isCleared === 1) told.step('overrides', { number, id })
      return isCleared === 1
    },
  }
}
