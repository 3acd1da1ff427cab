import type { Site } from './place.ts'
import type { Policy } from './policy.ts'
import type { Zone } from './zone.ts'

/** Attributes by tenant id; `id` is always among them. */
export type Tenants = ReadonlyMap<string, Readonly<Record<string, string>>>

/** All documents of one revision, checked and resolved. */
export interface PolicySet {
  readonly policies: readonly Policy[]
  readonly zones: readonly Zone[]
  readonly sites: ReadonlyMap<string, Site>
  readonly tenants: Tenants
}
