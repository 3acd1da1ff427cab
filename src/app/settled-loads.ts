import type { MonitoredFacts } from '../domain/facts.ts'
import type { HealthFacts } from './facts.ts'

/** What is in force of the loads, beside what the monitor said last. */
export interface SettledLoads {
  readonly health: HealthFacts
  /** As the monitor said it. */
  readonly told: HealthFacts
}

export const NO_LOADS: SettledLoads = { health: new Map(), told: new Map() }

/**
 * Loads change with every report, and each change compiles maps: so they are rounded to two digits, and between two times of
 * taking them over those before stay in force. All else counts at once. What says the same is the same object as before.
 */
export function settleLoads(told: HealthFacts, before: SettledLoads, loads: 'takeOver' | 'keep'): SettledLoads {
  const health = new Map<string, ReadonlyMap<string, MonitoredFacts>>()
  for (const [service, endpoints] of told) {
    const was = before.health.get(service)
    const toldBefore = before.told.get(service)
    if (loads === 'keep' && was !== undefined && toldBefore === endpoints) {
      health.set(service, was)
      continue
    }
    const settled = new Map<string, MonitoredFacts>()
    for (const [id, facts] of endpoints) {
      const old = was?.get(id) ?? null
      const isOld = loads === 'keep' && old !== null && toldBefore?.get(id) === facts
      settled.set(id, isOld ? old : settledFacts(facts, old, loads))
    }
    const isSame =
      was !== undefined && was.size === settled.size && [...settled].every(([id, it]) => was.get(id) === it)
    health.set(service, isSame ? was : settled)
  }
  return { health, told }
}

function settledFacts(facts: MonitoredFacts, was: MonitoredFacts | null, loads: 'takeOver' | 'keep'): MonitoredFacts {
  if (was === null) return { ...facts, load: settledLoad(facts.load, {}) }
  const load = loads === 'keep' ? was.load : settledLoad(facts.load, was.load)
  const settled = { ...facts, load }
  return (Object.keys(settled) as (keyof MonitoredFacts)[]).every((key) => isEqual(settled[key], was[key]))
    ? was
    : settled
}

/** Numbers, texts, and lists and records of them. */
function isEqual(a: unknown, b: unknown): boolean {
  return a === b || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b))
}

function settledLoad(load: MonitoredFacts['load'], was: MonitoredFacts['load']): MonitoredFacts['load'] {
  const settled = Object.entries(load).map(([metric, value]) => [metric, rounded(value, was[metric])] as const)
  return Object.fromEntries(settled)
}

const DIGITS = 2

/** What stands stays until it is wrong by a whole step: a load that trembles on an edge is no news. */
function rounded(value: number, was: number | undefined): number {
  const step = 10 ** (Math.floor(Math.log10(Math.abs(value) || 1)) - DIGITS + 1)
  return was !== undefined && Math.abs(value - was) < step ? was : Number(value.toPrecision(DIGITS))
}
