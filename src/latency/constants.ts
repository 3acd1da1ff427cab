/** The constants of latency.md section E, frozen before they were judged; a change of one is a change of the evaluation. */

/** Levels at which clients' measurements have a voice, the coarsest first. */
export const CLIENT_LEVELS = ['subregion', 'country', 'asn', 'prefix'] as const
export type ClientLevel = (typeof CLIENT_LEVELS)[number]
export type Level = 'nodes' | ClientLevel

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** E6: rotating buckets instead of floating exponentials, so that merging stays exact. */
export const BUCKETS = 8

/**
 * Evidence of age a counts (8 − a) / 8, a in buckets of a quarter of the half-life: half after one half-life, nothing after
 * two.
 */
const bucketOf = (halfLifeMs: number): number => (2 * halfLifeMs) / BUCKETS

export interface LevelConstants {
  /** E3: weight n / (n + k) against the coarser level. */
  readonly k: number
  /** E4: spread of one vote around the level's location, ms. Of `prefix` and `nodes`: the least. */
  readonly sdMs: number
  readonly bucketMs: number
}

export const LEVELS: Readonly<Record<Level, LevelConstants>> = {
  // E3: sum of kernel weights + 0.5. 8.1 ms is left between neighbours within 150 km (latency.md D).
  nodes: { k: 0.5, sdMs: 8.1, bucketMs: bucketOf(15 * MINUTE_MS) },
  // 26.5 ms is left after the distance prior (latency.md D); E4 names none for this level.
  subregion: { k: 8, sdMs: 26.5, bucketMs: bucketOf(72 * HOUR_MS) },
  country: { k: 3, sdMs: 11, bucketMs: bucketOf(72 * HOUR_MS) },
  asn: { k: 3, sdMs: 8, bucketMs: bucketOf(24 * HOUR_MS) },
  prefix: { k: 5, sdMs: 6, bucketMs: bucketOf(6 * HOUR_MS) },
}

/** E3: weight of a steering node for a client at a distance d is exp(−d / 800 km). */
export const KERNEL_KM = 800

/** E7, and the quorum of "Poisoning": below this a coarse cell has no voice. */
export const QUORUM = { prefixes: 3, blocks: 3, samples: 15 }
/**
 * Issue 4: "what moved is local to that network or ASN". A level above the ASN has a voice only from so many ASNs on, and each of them
 * has at most this part of it, 1 / 3: however many networks one ASN has, alone it moves nobody else, and it cannot turn a median.
 */
export const SPEAKERS = 3
/** Of an ASN in quarantine: so many distinct networks agree on a lie less easily than three. */
export const QUARANTINE_QUORUM = { prefixes: 5, blocks: 5, samples: 25 }
/** An ASN whose median is so many deviations from that of the country's other ASNs is in quarantine. */
export const QUARANTINE_DEVIATIONS = 3
/** E7: a prefix has a voice about a target from so many samples on. */
export const PREFIX_SAMPLES = 3

/** Most samples of one prefix about one target in one bucket; the same for one node. */
export const BUCKET_SAMPLES = 20

/** E8: what is published moves only when it gains more than this, and more than one deviation, and has stood so long. */
export const HYSTERESIS = { gainMs: 5, gainShare: 0.1, dwellMs: 300_000 }
/** "Poisoning": what is published of a target moves no farther than this in a bucket: that in which samples are capped. */
export const MOVEMENT_MS = 30
export const movementBucketOf = (level: Level): number => (level === 'nodes' ? LEVELS.nodes : LEVELS.prefix).bucketMs
/**
 * "Poisoning": reports reorder endpoints only within a gap of 100 ms of what distance and probes say; so each moves by at
 * most half of it from where the clients of its place stand in common.
 */
export const REPORTED_SHIFT_MS = 50

/** "Poisoning": what is accepted. */
export const ACCEPTED_MS = { least: 1, most: 3000 }
/** Light in fibre needs 10 ms for 1000 km and back; places are off by a bit. */
export const FLOOR_TOLERANCE = 0.9
/** E4: predictions end here. */
export const PREDICTION_MOST_MS = 1000

/** Evidence that has grown or shrunk by half is published too: the weights follow it. */
export const EVIDENCE_RATIO = 1.5
