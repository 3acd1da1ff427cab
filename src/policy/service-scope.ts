import type { Check } from '../domain/check.ts'
import type { Site } from '../domain/place.ts'
import type { Cursor } from './cursor.ts'
import { globMatches } from './shape/ids.ts'
import { didYouMean } from './suggest.ts'

/** What the names in a service's document may refer to. */
export interface ServiceScope {
  /** Endpoint id → index; also of endpoints that could not be read, so that one mistake is told once. */
  readonly endpoints: ReadonlyMap<string, number>
  readonly tags: ReadonlySet<string>
  readonly checks: ReadonlySet<string>
  readonly sites: SiteNames
}

/** The sites of all documents. */
export interface SiteNames {
  readonly byId: ReadonlyMap<string, Site>
  /** Ids of sites that could not be read too. Null when a document was unreadable: any site might have been in it. */
  readonly known: ReadonlySet<string> | null
}

/** The checks of all documents that begin with `checks`. */
export interface SharedChecks {
  readonly byId: ReadonlyMap<string, Check>
  /** As {@link SiteNames.known}. */
  readonly known: ReadonlySet<string> | null
  /** Told of each one that a service uses. */
  readonly use: (name: string) => void
}

/** What services take from other documents. */
export interface SharedNames {
  readonly sites: SiteNames
  readonly checks: SharedChecks
}

/** Tells every text at the cursor (one or a list) that is not known. `what` names the kind: `tag`, `check`. */
export function checkKnown(cursor: Cursor, what: string, known: Pick<ReadonlySet<string>, 'has' | 'keys'>): void {
  for (const item of cursor.items()) {
    const name = item.value
    if (typeof name !== 'string' || known.has(name)) continue
    item.report({
      rule: `unknown-${what}`,
      message: `there is no ${what} \`${name}\``,
      hint: () => didYouMean(name, known.keys()),
    })
  }
}

export function checkSites(cursor: Cursor, sites: SiteNames): void {
  if (sites.known === null) return
  if (sites.known.size > 0) {
    checkKnown(cursor, 'site', sites.known)
    return
  }
  cursor.report({
    rule: 'unknown-site',
    message: 'no document defines sites',
    hint: 'add one, such as `sites: { fra: { lat: 50.03, lon: 8.57, country: DE } }`',
  })
}

/** Tells every glob at the cursor that names none of the endpoints. */
export function checkEndpointGlobs(cursor: Cursor, scope: ServiceScope): void {
  for (const item of cursor.items()) {
    const glob = item.value
    if (typeof glob !== 'string' || scope.endpoints.has(glob)) continue
    if (scope.endpoints.keys().some((id) => globMatches(glob, id))) continue
    const message = glob.includes('*') ? `no endpoint is named like \`${glob}\`` : `there is no endpoint \`${glob}\``
    item.report({ rule: 'unknown-endpoint', message, hint: () => didYouMean(glob, scope.endpoints.keys()) })
  }
}
