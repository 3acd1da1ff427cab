import type { Snapshot } from '../steering/snapshot.ts'

/** What `GET /v1/about` says; it carries the attributions that licences of geo data ask for. */
export interface About {
  readonly name: 'nearcast'
  readonly version: string
  readonly revision: number | null
  readonly geo: {
    readonly name: string
    readonly precision: 'city' | 'country' | 'none'
    /** ISO 8601; null when the database does not say. */
    readonly built: string | null
    readonly hasAsn: boolean
    readonly attributions: readonly string[]
  } | null
}

/** @param snapshot null before the first publication */
export function composeAbout(snapshot: Snapshot | null, version: string): About {
  if (snapshot === null) return { name: 'nearcast', version, revision: null, geo: null }
  const { name, precision, builtAtMs, hasAsn, attributions } = snapshot.geo.info
  const built = builtAtMs === null ? null : new Date(builtAtMs).toISOString()
  return {
    name: 'nearcast',
    version,
    revision: snapshot.revision.number,
    geo: { name, precision, built, hasAsn, attributions },
  }
}
