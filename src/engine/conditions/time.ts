import { DEPENDS } from '../../domain/plan.ts'
import { type TimeWindow, WEEKDAYS } from '../../domain/policy.ts'
import { type Test, truthOf } from '../view.ts'

const MINUTE_MS = 60_000
const DAY_MINUTES = 1440
const DAY_MS = DAY_MINUTES * MINUTE_MS
/** Windows repeat weekly; a day more for zone offsets and one for a clock change. */
const HORIZON_DAYS = 9
/** No zone changes its offset twice within so short a time. */
const OFFSET_PROBE_MS = 6 * 3_600_000

export function time(window: TimeWindow, nowMs: number): Test {
  const { open, nextEdgeMs } = windowAt(window, nowMs)
  const truth = truthOf(open)
  return {
    reads: DEPENDS.time,
    validUntilMs: nextEdgeMs,
    test(view) {
      view.reads |= DEPENDS.time
      if (nextEdgeMs < view.validUntilMs) view.validUntilMs = nextEdgeMs
      return truth
    },
  }
}

/**
 * Whether the window is open at `nowMs`, and the first instant after it at which that changes (Infinity: never).
 * The wall clock decides, minute by minute: hours that a clock change skips do not occur, those that it repeats occur twice.
 */
export function windowAt(window: TimeWindow, nowMs: number): { readonly open: boolean; readonly nextEdgeMs: number } {
  const offsetAt = zoneOffset(window.timeZone)
  const isOpen = (ms: number) => isOpenAtWall(window, ms + offsetAt(ms))
  const open = isOpen(nowMs)
  const edge = instantsOfInterest(window, nowMs, offsetAt).find((ms) => isOpen(ms) !== open)
  return { open, nextEdgeMs: edge ?? Number.POSITIVE_INFINITY }
}

function isOpenAtWall(window: TimeWindow, wallMs: number): boolean {
  const day = Math.floor(wallMs / DAY_MS)
  const minute = (wallMs - day * DAY_MS) / MINUTE_MS
  const on = (dayNumber: number) => window.days.includes(weekdayOf(dayNumber))
  if (window.toMinute > window.fromMinute) return on(day) && minute >= window.fromMinute && minute < window.toMinute
  return (on(day) && minute >= window.fromMinute) || (on(day - 1) && minute < window.toMinute)
}

/** 1970-01-01, day 0, was a Thursday. */
const weekdayOf = (day: number) => WEEKDAYS[(((day + 3) % 7) + 7) % 7] ?? 'mon'

/** Every instant after `nowMs` at which the window can open or close: its two wall-clock times, and clock changes. Sorted. */
function instantsOfInterest(window: TimeWindow, nowMs: number, offsetAt: (ms: number) => number): readonly number[] {
  const untilMs = nowMs + HORIZON_DAYS * DAY_MS
  const instants: number[] = []
  for (let fromMs = nowMs; fromMs < untilMs; ) {
    const offset = offsetAt(fromMs)
    const changeMs = nextOffsetChange(fromMs, untilMs, offsetAt)
    const firstDay = Math.floor((fromMs + offset) / DAY_MS)
    const lastDay = Math.floor((changeMs + offset) / DAY_MS)
    for (let day = firstDay; day <= lastDay; day++) {
      for (const minute of [window.fromMinute, window.toMinute, DAY_MINUTES]) {
        const ms = day * DAY_MS + minute * MINUTE_MS - offset
        if (ms > nowMs && ms >= fromMs && ms < changeMs) instants.push(ms)
      }
    }
    instants.push(changeMs)
    fromMs = changeMs
  }
  return instants.sort((a, b) => a - b)
}

/** The first instant at which the zone's offset differs from that at `fromMs`, to the millisecond; `untilMs` when it does not. */
function nextOffsetChange(fromMs: number, untilMs: number, offsetAt: (ms: number) => number): number {
  const offset = offsetAt(fromMs)
  for (let low = fromMs; low < untilMs; low += OFFSET_PROBE_MS) {
    let high = Math.min(low + OFFSET_PROBE_MS, untilMs)
    if (offsetAt(high) === offset) continue
    let same = low
    while (high - same > 1) {
      const middle = Math.floor((same + high) / 2)
      if (offsetAt(middle) === offset) same = middle
      else high = middle
    }
    return high
  }
  return untilMs
}

/** Wall clock minus UTC in ms, from the time zone data of the runtime. */
function zoneOffset(timeZone: string): (ms: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  return (ms) => {
    const wholeSecondMs = Math.floor(ms / 1000) * 1000
    const part = Object.fromEntries(format.formatToParts(wholeSecondMs).map(({ type, value }) => [type, Number(value)]))
    const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
    return Date.UTC(year, month - 1, day, hour, minute, second) - wholeSecondMs
  }
}
