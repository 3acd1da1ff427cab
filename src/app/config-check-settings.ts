import type { IpPrefix } from '../domain/address.ts'
import type { GeoPoint } from '../domain/place.ts'
import { plain, type Setting } from './config-setting.ts'
import {
  durationShape,
  formatDuration,
  formatPoint,
  formatPrefixes,
  oneOf,
  pointShape,
  prefixesShape,
  probesAtOnceShape,
  probesPerSecondShape,
} from './config-values.ts'

/** What can be set about probing endpoints. */
export interface CheckConfig {
  /** Networks that are probed although they are guarded by default. */
  readonly checksAllow: readonly IpPrefix[]
  /** Networks that are never probed. */
  readonly checksDeny: readonly IpPrefix[]
  /** Whether policies may run commands on this machine. */
  readonly checksExec: 'on' | 'off'
  /** Probes that may start in a second. */
  readonly checksRate: number
  /** Probes that may be under way at once. */
  readonly checksConcurrency: number
  /** How long serving waits for the first round of probes, ms. */
  readonly checksStartWithin: number
  /** Where this node is; null: unknown, and its probes say nothing of distances. */
  readonly nodeLocation: GeoPoint | null
}

export const CHECK_SETTINGS: { readonly [K in keyof CheckConfig]: Setting<CheckConfig[K]> } = {
  checksAllow: {
    path: ['checks', 'allow'],
    placeholder: '<cidr,…|none>',
    takes: 'list',
    shape: prefixesShape,
    initial: () => [],
    format: formatPrefixes,
    help: 'networks that checks may probe although they are guarded by default (metadata, link local, documentation, …)',
  },
  checksDeny: {
    path: ['checks', 'deny'],
    placeholder: '<cidr,…|none>',
    takes: 'list',
    shape: prefixesShape,
    initial: () => [],
    format: formatPrefixes,
    help: 'networks that checks never probe; of two that hold an address the longer prefix decides',
  },
  checksExec: {
    path: ['checks', 'exec'],
    placeholder: '<on|off>',
    takes: 'one',
    shape: oneOf(['on', 'off']),
    initial: () => 'off',
    format: plain,
    help: 'whether checks of the kind exec run their commands on this machine',
  },
  checksRate: {
    path: ['checks', 'rate'],
    placeholder: '<n>',
    takes: 'one',
    shape: probesPerSecondShape,
    initial: () => 2_000,
    format: String,
    help: 'probes that may start in a second; the others wait, and are counted',
  },
  checksConcurrency: {
    path: ['checks', 'concurrency'],
    placeholder: '<n>',
    takes: 'one',
    shape: probesAtOnceShape,
    initial: () => 2_000,
    format: String,
    help: 'probes that may be under way at once; each may hold an open socket',
  },
  checksStartWithin: {
    path: ['checks', 'startWithin'],
    placeholder: '<duration>',
    takes: 'one',
    shape: durationShape,
    initial: () => 5_000,
    format: formatDuration,
    help: 'how long serving waits at start for every endpoint to be probed once, such as 500ms, 5s or 1m; 0s: not at all',
  },
  nodeLocation: {
    path: ['node', 'location'],
    placeholder: '<lat,lon|none>',
    takes: 'one',
    shape: pointShape,
    initial: () => null,
    format: formatPoint,
    help: 'where this node is, such as 50.11,8.68: what its probes measure then counts for the clients around it',
  },
}
