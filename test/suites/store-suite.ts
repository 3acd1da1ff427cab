import { type StoreWorld, storeChecks } from './store/harness.ts'
import { overrideChecks } from './store/overrides.ts'
import { revisionChecks } from './store/revisions.ts'
import { sharingChecks } from './store/sharing.ts'

export { changesOf, type StoreWorld } from './store/harness.ts'

/** What every adapter of the store port does. `create` makes a world whose clock stands at 2026-01-02, 00:00 UTC. */
export function storeSuite(name: string, create: () => Promise<StoreWorld>): void {
  const checks = storeChecks(name, create)
  revisionChecks(checks)
  overrideChecks(checks)
  sharingChecks(checks)
}
