import type { FrontEnd, RequestAttributes } from '../../domain/client.ts'
import { compileGlobs } from '../../domain/glob.ts'
import { DEPENDS } from '../../domain/plan.ts'
import { DRAWS, FALSE, type Test, TRUE, truthOf, UNDECIDED, UNSEEN } from '../view.ts'

const FOREVER = Number.POSITIVE_INFINITY

/** A condition on what only HTTP shows: unseen where there is no request. */
const ofRequest = (reads: number, holds: (request: RequestAttributes) => boolean): Test => ({
  reads,
  validUntilMs: FOREVER,
  test(view) {
    view.reads |= reads
    return view.client.request === null ? UNSEEN : truthOf(holds(view.client.request))
  },
})

export function tenant(attribute: string, globs: readonly string[]): Test {
  const matches = compileGlobs(globs)
  return ofRequest(DEPENDS.tenant, ({ tenant }) => {
    if (tenant === null || !Object.hasOwn(tenant, attribute)) return false
    return matches(tenant[attribute] ?? '')
  })
}

export function header(name: string, globs: readonly string[]): Test {
  const matches = compileGlobs(globs)
  const seen = ofRequest(DEPENDS.header, (request) => {
    const value = request.header(name)
    return value !== undefined && matches(value)
  })
  return {
    ...seen,
    test(view) {
      view.headers.add(name)
      return seen.test(view)
    },
  }
}

export function cookie(name: string, globs: readonly string[]): Test {
  const matches = compileGlobs(globs)
  return ofRequest(DEPENDS.cookie, (request) => {
    const value = request.cookie(name)
    return value !== undefined && matches(value)
  })
}

/** By whole path elements, as Kubernetes' `Prefix`: `/api` covers `/api` and `/api/x`, not `/apix`. */
export const path = (prefixes: readonly string[]): Test =>
  ofRequest(DEPENDS.path, (request) =>
    prefixes.some((prefix) => {
      const folder = prefix.endsWith('/') ? prefix : `${prefix}/`
      return request.path.startsWith(folder) || `${request.path}/` === folder
    }),
  )

export const host = (names: readonly string[]): Test =>
  ofRequest(DEPENDS.host, (request) =>
    names.some((name) => (name.startsWith('*.') ? request.host.endsWith(name.slice(1)) : request.host === name)),
  )

export const frontEnd = (names: readonly FrontEnd[]): Test => ({
  reads: DEPENDS.frontEnd,
  validUntilMs: FOREVER,
  test(view) {
    view.reads |= DEPENDS.frontEnd
    return truthOf(names.includes(view.client.frontEnd))
  },
})

/**
 * Asks the branch, not the client: the plan holds for every draw, and the branch knows which draws it is about. Nested
 * shares agree because all percents of a service cut the same axis from 0: who is in 10% is also in 20%.
 */
export function percent(share: number): Test {
  const edge = Math.round((share / 100) * DRAWS)
  return {
    reads: edge > 0 && edge < DRAWS ? DEPENDS.network : 0,
    validUntilMs: FOREVER,
    test(view) {
      if (view.canaryBelow <= edge) return TRUE
      if (view.canaryFrom >= edge) return FALSE
      view.undecidedAt = edge
      return UNDECIDED
    },
  }
}
