/** Whom an override is about. */

import type { Endpoint } from './endpoint.ts'
import type { Override } from './facts.ts'
import { matchesGlob } from './glob.ts'

/**
 * Whether `target` names the endpoint: `service/endpoint`, `service/site:id` or `service/tag:id`, each part a glob with
 * `*`; a service alone stands for all of its endpoints.
 */
export function overrideNames(target: string, service: string, endpoint: Endpoint): boolean {
  const [serviceGlob = '', rest = '*', ...more] = target.split('/')
  if (more.length > 0 || !matchesGlob(serviceGlob, service)) return false
  const [, kind, glob = rest] = /^(site|tag):(.*)$/s.exec(rest) ?? []
  if (kind === 'site') return endpoint.sites.some(({ id }) => matchesGlob(glob, id))
  if (kind === 'tag') return endpoint.tags.some((tag) => matchesGlob(glob, tag))
  return matchesGlob(glob, endpoint.id)
}

/** The one in force for the endpoint: later ones win (gdnsd admin_state); `obey` lifts what came before it. */
export function overrideFor(overrides: readonly Override[], service: string, endpoint: Endpoint): Override | null {
  const last = overrides.findLast(({ target }) => overrideNames(target, service, endpoint))
  return last === undefined || last.state === 'obey' ? null : last
}
