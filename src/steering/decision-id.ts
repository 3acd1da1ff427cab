import { FRONT_ENDS, type FrontEnd } from '../domain/client.ts'
import type { Slot } from '../domain/plan.ts'

/** What a decision id holds: enough to ask the engine the same question again. No address of anybody. */
export interface DecisionKey {
  readonly service: string
  readonly revision: number
  readonly frontEnd: FrontEnd
  readonly locationId: number
  /** Of the network class: see `classNumbers`; 0 when nothing around the client is named. */
  readonly classId: number
  readonly slot: Slot
}

/** Such as `api:c:d:3f2:0:1a2b3c:zik0zj`: safe in a header, a URL path and a TXT string. */
export function composeDecisionId(key: DecisionKey): string {
  const numbers = [key.locationId, key.classId, key.slot.canary, key.slot.spread].map(base36)
  return [key.service, base36(key.revision), FRONT_END_LETTERS[key.frontEnd], ...numbers].join(':')
}

/** Null when the text is no decision id. */
export function parseDecisionId(text: string): DecisionKey | null {
  const match =
    /^([^:]+):([0-9a-z]{1,11}):([a-z]):([0-9a-z]{1,7}):([0-9a-z]{1,10}):([0-9a-z]{1,7}):([0-9a-z]{1,7})$/.exec(text)
  const frontEnd = FRONT_ENDS.find((name) => FRONT_END_LETTERS[name] === match?.[3])
  if (match === null || frontEnd === undefined) return null
  const number = (group: number) => Number.parseInt(match[group] ?? '', 36)
  const slot = { canary: number(6), spread: number(7) }
  if (slot.canary > 0xffffffff || slot.spread > 0xffffffff) return null
  return { service: match[1] ?? '', revision: number(2), frontEnd, locationId: number(4), classId: number(5), slot }
}

const FRONT_END_LETTERS: Readonly<Record<FrontEnd, string>> = { dns: 'd', redirect: 'r', discovery: 'j' }

const base36 = (value: number): string => value.toString(36)
