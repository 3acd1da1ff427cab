import { createContext, Script } from 'node:vm'
import { CouldNotAskError } from './attempt.ts'

/**
 * A regular expression comes from a policy, and the text from the endpoint: together they can take longer than the universe
 * has stood. A static look at the pattern finds some of these; the time that it takes is the only sure sign, and V8 can be
 * stopped in the middle (node:vm).
 */
const MOST_MS = 20
/** Stopped once, the pattern rests for so many times as long: no check gets more than 1 % of a core. */
const REST_FACTOR = 100
/** On a busy machine the time may pass while nothing is done; then it was not the pattern's, and there is another try. */
const MOST_TRIES = 5

/**
 * What is wrong with a text; null when the pattern is found in it. Takes {@link MOST_MS} of a core at most.
 *
 * @throws {CouldNotAskError} while the pattern rests: the text that it was too hard for may have been another endpoint's
 */
export type PatternJudge = (text: string) => string | null

/** One for all checks, because each has half a megabyte; what lies in it is used and taken out in one go. */
const BENCH: { pattern: RegExp | null; text: string; found: boolean } = { pattern: null, text: '', found: false }
const CONTEXT = createContext(BENCH)
const SCRIPT = new Script('found = pattern.test(text)')

export function createPatternJudge(source: string, nowMs: () => number): PatternJudge {
  const pattern = compiled(source)
  const notFound = `the body does not match /${source}/`
  const stepsAtMost = stepsOf(source)
  let restsUntilMs = 0
  return (text) => {
    if (pattern === null) return `/${source}/ is no regular expression`
    if (stepsAtMost(text.length) <= FEW_STEPS) return pattern.test(text) ? null : notFound
    if (nowMs() < restsUntilMs) throw new CouldNotAskError(`/${source}/ rests, because it took more than ${MOST_MS} ms`)
    const found = search(pattern, text)
    if (found === 'found') return null
    if (found === 'notFound') return notFound
    restsUntilMs = nowMs() + MOST_MS * REST_FACTOR
    return `looking for /${source}/ was given up after ${MOST_MS} ms`
  }
}

/** Milliseconds at most. Stopping takes a thread, which costs more than a search like most. */
const FEW_STEPS = 2_000_000

/**
 * An upper bound of the steps that a search takes in a text of a given length. Where no group is repeated, each quantifier tries
 * at most every length, each alternative and option doubles the ways, and it begins at each place. All others: no bound.
 */
function stepsOf(source: string): (length: number) => number {
  if (/\{|\)[*+?]|\\[1-9k]/.test(source)) return () => Number.POSITIVE_INFINITY
  const quantifiers = source.match(/[*+]/g)?.length ?? 0
  const choices = source.match(/[|?]/g)?.length ?? 0
  return (length) => source.length * 2 ** choices * (length + 1) ** (1 + quantifiers)
}

function search(pattern: RegExp, text: string): 'found' | 'notFound' | 'tooHard' {
  for (let tries = 1; ; tries++) {
    const startedMs = cpuMs()
    Object.assign(BENCH, { pattern, text, found: false })
    try {
      SCRIPT.runInContext(CONTEXT, { timeout: MOST_MS })
      return BENCH.found ? 'found' : 'notFound'
    } catch {
      if (cpuMs() - startedMs > MOST_MS / 2 || tries === MOST_TRIES) return 'tooHard'
    } finally {
      Object.assign(BENCH, { pattern: null, text: '' })
    }
  }
}

/** What this thread has worked so far. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

function compiled(source: string): RegExp | null {
  try {
    return new RegExp(source, 'su')
  } catch {
    return null
  }
}
