import type { Rule } from './rule.ts'
import { afterTake } from './rules/after-take.ts'
import { allDisabled } from './rules/all-disabled.ts'
import { allDownNever } from './rules/all-down-never.ts'
import { allStandby } from './rules/all-standby.ts'
import { capacityUnknown } from './rules/capacity-unknown.ts'
import { constantCondition } from './rules/constant-condition.ts'
import { contradictoryTests } from './rules/contradictory-tests.ts'
import { danglingTarget } from './rules/dangling-target.ts'
import { ecsNever } from './rules/ecs-never.ts'
import { fenceLeavesNothing } from './rules/fence-leaves-nothing.ts'
import { fenceLeavesUnlocated } from './rules/fence-leaves-unlocated.ts'
import { geofenceWithoutServes } from './rules/geofence-without-serves.ts'
import { groupTooSmall } from './rules/group-too-small.ts'
import { hostnameFlattened } from './rules/hostname-flattened.ts'
import { httpsUnused } from './rules/https-unused.ts'
import { minimumTooHigh } from './rules/minimum-too-high.ts'
import { missingUp } from './rules/missing-up.ts'
import { mixedFamilies } from './rules/mixed-families.ts'
import { nameClaimedTwice } from './rules/name-claimed-twice.ts'
import { nameCollides } from './rules/name-collides.ts'
import { nameLoop } from './rules/name-loop.ts'
import { nameOutsideZone } from './rules/name-outside-zone.ts'
import { needlessAssume } from './rules/needless-assume.ts'
import { neverEqual } from './rules/never-equal.ts'
import { noDnsData } from './rules/no-dns-data.ts'
import { noServerName } from './rules/no-server-name.ts'
import { noUrl } from './rules/no-url.ts'
import { nothingToOrder } from './rules/nothing-to-order.ts'
import { nowhereToGo } from './rules/nowhere-to-go.ts'
import { orderAfterSpread } from './rules/order-after-spread.ts'
import { percentEdge } from './rules/percent-edge.ts'
import { preferOneTier } from './rules/prefer-one-tier.ts'
import { redirectLoop } from './rules/redirect-loop.ts'
import { repeatedStep } from './rules/repeated-step.ts'
import { selectorMatchesEverything } from './rules/selector-matches-everything.ts'
import { selectorMatchesNothing } from './rules/selector-matches-nothing.ts'
import { sharedAddress } from './rules/shared-address.ts'
import { singleNs } from './rules/single-ns.ts'
import { slowPattern } from './rules/slow-pattern.ts'
import { staticFenced } from './rules/static-fenced.ts'
import { staticIncomplete } from './rules/static-incomplete.ts'
import { takeTooMany } from './rules/take-too-many.ts'
import { targetIsCname } from './rules/target-is-cname.ts'
import { tenantMatchesNone } from './rules/tenant-matches-none.ts'
import { tenantUntold } from './rules/tenant-untold.ts'
import { ttlOutlivesHealth } from './rules/ttl-outlives-health.ts'
import { ttlZero } from './rules/ttl-zero.ts'
import { unfilledHint } from './rules/unfilled-hint.ts'
import { unknownAlpn } from './rules/unknown-alpn.ts'
import { unreadField } from './rules/unread-field.ts'
import { unreadLoad } from './rules/unread-load.ts'
import { unreportedMetric } from './rules/unreported-metric.ts'
import { unseenCondition } from './rules/unseen-condition.ts'
import { unseenStickiness } from './rules/unseen-sticky.ts'
import { unusedCheck } from './rules/unused-check.ts'
import { unusedEndpoint } from './rules/unused-endpoint.ts'
import { unusedSite } from './rules/unused-site.ts'
import { unusedTag } from './rules/unused-tag.ts'

/** The registry of rules: one line each, by name. */
export const RULES: readonly Rule[] = [
  afterTake,
  allDisabled,
  allDownNever,
  allStandby,
  capacityUnknown,
  constantCondition,
  contradictoryTests,
  danglingTarget,
  ecsNever,
  fenceLeavesNothing,
  fenceLeavesUnlocated,
  geofenceWithoutServes,
  groupTooSmall,
  hostnameFlattened,
  httpsUnused,
  minimumTooHigh,
  missingUp,
  mixedFamilies,
  nameClaimedTwice,
  nameCollides,
  nameLoop,
  nameOutsideZone,
  needlessAssume,
  neverEqual,
  noDnsData,
  noServerName,
  noUrl,
  nothingToOrder,
  nowhereToGo,
  orderAfterSpread,
  percentEdge,
  preferOneTier,
  redirectLoop,
  repeatedStep,
  selectorMatchesEverything,
  selectorMatchesNothing,
  sharedAddress,
  singleNs,
  slowPattern,
  staticFenced,
  staticIncomplete,
  takeTooMany,
  targetIsCname,
  tenantMatchesNone,
  tenantUntold,
  ttlOutlivesHealth,
  ttlZero,
  unfilledHint,
  unknownAlpn,
  unreadField,
  unreadLoad,
  unreportedMetric,
  unseenCondition,
  unseenStickiness,
  unusedCheck,
  unusedEndpoint,
  unusedSite,
  unusedTag,
]
