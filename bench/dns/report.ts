/** The Markdown that `npm run bench:dns` prints. */

import type { Outcome } from './generator.ts'
import type { Responder } from './launch.ts'

/** One responder under one mix of queries, round by round. */
export interface Measured {
  readonly responder: Responder
  readonly version: string
  readonly rounds: readonly { readonly outcome: Outcome; readonly cpuUs: number }[]
  readonly paced: readonly Outcome[]
  readonly residentMegabytes: number
  /** The last octet of the address in the answer to each query. */
  readonly sites: Buffer
}

export interface Reported {
  readonly rows: readonly Measured[]
  /** Whose rate the latencies were measured at half of, and that half. */
  readonly reference: Responder
  readonly pace: number
}

/** At more than this share of losses a percentile of the rest says nothing. */
const OVERLOADED = 0.01
const PEERS = ['gdnsd', 'knot', 'powerdns'] as const
/** What Nearcast's rate is to be, of theirs. */
const BARS: Readonly<Record<(typeof PEERS)[number], number>> = { gdnsd: 1, knot: 1.3, powerdns: 6 }
/** What its CPU time a query may be, of the echo's. */
const CPU_BAR = 1.15

const whole = (n: number): string => Math.round(n).toLocaleString('en-US')
const percent = (share: number): string => `${(100 * share).toFixed(share > 0 && share < 0.001 ? 4 : 1)}%`
const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0)

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

// The best round is the headline: other work on the machine only ever takes away. The median stands beside it.
const roundRate = ({ outcome }: Measured['rounds'][number]): number => outcome.answered / outcome.seconds
export const rateOf = ({ rounds }: Pick<Measured, 'rounds'>): number => Math.max(...rounds.map(roundRate))
const cpuOf = ({ rounds }: Measured): number =>
  Math.min(...rounds.map(({ outcome, cpuUs }) => cpuUs / outcome.answered))
/** How much of a core it had in its best round: far from all, and the rate says more about the machine's other work. */
const coreOf = ({ rounds }: Measured): number =>
  Math.max(...rounds.map(({ outcome, cpuUs }) => cpuUs / 1e6 / outcome.seconds))
const bestPaced = ({ paced }: Measured): Outcome => paced.toSorted((a, b) => a.p99Us - b.p99Us)[0]!
const isOverloaded = ({ lost, sent }: Outcome): boolean => lost / sent > OVERLOADED

const find = (rows: readonly Measured[], name: Responder): Measured | undefined =>
  rows.find(({ responder }) => responder === name)

/** Of the queries for which both gave an address: how many got the same site. */
function sameSites(a: Buffer, b: Buffer): number {
  let both = 0
  let same = 0
  a.forEach((site, index) => {
    if (site === 0 || b[index] === 0) return
    both++
    if (site === b[index]) same++
  })
  return same / both
}

const lostShare = (outcomes: readonly Outcome[]): number =>
  sum(outcomes.map(({ lost }) => lost)) / sum(outcomes.map(({ sent }) => sent))

function row(measured: Measured, { rows }: Reported): string {
  const outcomes = measured.rounds.map(({ outcome }) => outcome)
  const ratios = PEERS.map((name) => {
    const peer = find(rows, name)
    return peer === undefined ? '–' : (rateOf(measured) / rateOf(peer)).toFixed(2)
  })
  const bare = find(rows, 'echo')
  const gdnsd = find(rows, 'gdnsd')
  const paced = bestPaced(measured)
  const medianP99 = whole(median(measured.paced.map(({ p99Us }) => p99Us)))
  const cells = [
    `${measured.responder} ${measured.version}`.trim(),
    `${whole(rateOf(measured))} (${whole(median(measured.rounds.map(roundRate)))})`,
    percent(coreOf(measured)),
    cpuOf(measured).toFixed(2),
    bare === undefined ? '–' : (cpuOf(measured) / cpuOf(bare)).toFixed(2),
    ...ratios,
    percent(lostShare(outcomes)),
    whole(sum(outcomes.map((outcome) => outcome.bad))),
    isOverloaded(paced) ? '–' : whole(paced.p50Us),
    isOverloaded(paced) ? '–' : `${whole(paced.p99Us)} (${medianP99})`,
    percent(paced.lost / paced.sent),
    whole(measured.residentMegabytes),
    gdnsd === undefined || measured.responder === 'echo' ? '–' : percent(sameSites(measured.sites, gdnsd.sites)),
  ]
  return `| ${cells.join(' | ')} |`
}

/** One mix of queries as a table. */
export function composeTable(reported: Reported): string {
  const { reference, pace } = reported
  const heads = [
    'responder',
    'queries/s',
    'of a core',
    'CPU µs/query',
    'CPU × echo',
    ...PEERS.map((name) => `rate × ${name}`),
    'lost',
    'bad',
    'p50 µs',
    'p99 µs',
    'lost then',
    'RSS MB',
    'sites as gdnsd',
  ]
  return [
    `Latency, and what was lost then, at ${whole(pace)} queries/s, half the rate of ${reference}.`,
    '',
    `| ${heads.join(' | ')} |`,
    `|---|${heads
      .slice(1)
      .map(() => '---:')
      .join('|')}|`,
    ...reported.rows.map((measured) => row(measured, reported)),
  ].join('\n')
}

/** Each bar that can be judged from these rows, and whether Nearcast is over it. */
export function composeBars({ rows }: Reported): string[] {
  const nearcast = find(rows, 'nearcast')
  if (nearcast === undefined) return []
  const lines: string[] = []
  const add = (what: string, found: string, isMet: boolean) =>
    lines.push(`- ${what}: ${found}, ${isMet ? 'met' : 'not met'}`)
  for (const name of PEERS) {
    const peer = find(rows, name)
    if (peer === undefined) continue
    const ratio = rateOf(nearcast) / rateOf(peer)
    add(`rate ≥ ${BARS[name].toFixed(1)} × ${name}`, ratio.toFixed(2), ratio >= BARS[name])
  }
  const bare = find(rows, 'echo')
  if (bare !== undefined) {
    const ratio = cpuOf(nearcast) / cpuOf(bare)
    add(`CPU time a query ≤ ${CPU_BAR} × echo`, ratio.toFixed(2), ratio <= CPU_BAR)
  }
  const gdnsd = find(rows, 'gdnsd')
  if (gdnsd !== undefined) {
    const [ours, theirs] = [bestPaced(nearcast), bestPaced(gdnsd)]
    const found = isOverloaded(ours) ? 'overloaded' : `${whole(ours.p99Us)} to ${whole(theirs.p99Us)} µs`
    add("p99 no worse than gdnsd's", found, !isOverloaded(ours) && ours.p99Us <= theirs.p99Us)
  }
  return ['', 'Bars:', '', ...lines]
}
