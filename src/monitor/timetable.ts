import type { Schedule } from '../ports/schedule.ts'

/** Something that is due at a time; set and moved by a {@link Timetable}. */
export interface Job {
  readonly run: () => void
  /** When it is due; while it is not in the table, when it was last. */
  dueMs: number
  /** Its place in the heap; −1 while it is not in it. */
  place: number
}

export const createJob = (run: () => void): Job => ({ run, dueMs: 0, place: -1 })

/** Any number of jobs with one timer: ten thousand timers would be as many objects in Node's lists, moved with every probe. */
export interface Timetable {
  /** Puts a job in, or moves it. */
  set(job: Job, dueMs: number): void
  cancel(job: Job): void
  close(): void
}

export interface TimetableParts {
  readonly nowMs: () => number
  readonly schedule: Schedule
}

/** Later than this, the event loop was held up. */
const HELD_UP_MS = 20
/** Later than this, it was not the event loop: the clock was set forward, or the machine slept. */
const JUMP_MS = 10_000
/** No more of them at a time than sockets can wait for. */
const MOST_AT_ONCE = 200

export function createTimetable({ nowMs, schedule }: TimetableParts): Timetable {
  const heap: Job[] = []
  let lastMs = nowMs()
  let wakesAtMs = Infinity
  let callOff: () => void = () => {}
  let socketsAreRead = true

  const place = (job: Job, at: number): void => {
    heap[at] = job
    job.place = at
  }
  const rise = (job: Job, from: number): void => {
    let at = from
    for (;;) {
      const parent = heap[(at - 1) >> 1]
      if (at === 0 || parent === undefined || parent.dueMs <= job.dueMs) break
      place(parent, at)
      at = (at - 1) >> 1
    }
    place(job, at)
  }
  const sink = (job: Job, from: number): void => {
    let at = from
    for (;;) {
      const left = 2 * at + 1
      const [one, other] = [heap[left], heap[left + 1]]
      if (one === undefined) break
      const least = other !== undefined && other.dueMs < one.dueMs ? other : one
      if (least.dueMs >= job.dueMs) break
      const next = least.place
      place(least, at)
      at = next
    }
    place(job, at)
  }
  const take = (job: Job): void => {
    const at = job.place
    job.place = -1
    const last = heap.pop()
    if (last === undefined || last === job) return
    last.place = at
    sink(last, at)
    rise(last, last.place)
  }
  /**
   * A wall clock that is set back must not stop the probes, and one that is set forward must not end the time of those under way:
   * what was due in a second stays due in a second.
   */
  const followClock = (now: number, wouldBeMs = lastMs): void => {
    if (now < lastMs) move(now - wouldBeMs)
    else if (Number.isFinite(wakesAtMs) && now - wakesAtMs > JUMP_MS) move(now - wakesAtMs)
    lastMs = now
  }
  const move = (byMs: number): void => {
    for (const job of heap) job.dueMs += byMs
    wakesAtMs += byMs
  }
  const wake = (): void => {
    const first = heap[0]
    if (first === undefined || first.dueMs >= wakesAtMs) return
    callOff()
    wakeIn(Math.max(0, first.dueMs - nowMs()))
  }
  const wakeIn = (delayMs: number): void => {
    wakesAtMs = nowMs() + delayMs
    callOff = schedule(tick, delayMs)
  }
  const tick = (): void => {
    const now = nowMs()
    followClock(now, wakesAtMs)
    const heldUpMs = now - wakesAtMs
    // Node runs timers before it reads sockets: what answered meanwhile is read first, or its time would be over unjustly.
    // Once: a node that is always behind must go on all the same.
    socketsAreRead = !socketsAreRead || heldUpMs <= HELD_UP_MS || (heap[0]?.dueMs ?? Infinity) > now
    if (socketsAreRead) runDue(now)
    else wakeIn(1)
  }
  const runDue = (now: number): void => {
    // What jobs put in meanwhile sets no timer of its own.
    wakesAtMs = -Infinity
    for (let count = 0; count < MOST_AT_ONCE; count++) {
      const first = heap[0]
      if (first === undefined || first.dueMs > now) break
      take(first)
      first.run()
    }
    wakesAtMs = Infinity
    wake()
  }

  return {
    set(job, dueMs) {
      followClock(nowMs())
      if (job.place >= 0) take(job)
      job.dueMs = dueMs
      heap.push(job)
      rise(job, heap.length - 1)
      wake()
    },
    cancel(job) {
      if (job.place >= 0) take(job)
    },
    close() {
      callOff()
      // What is put in from now on sets no timer.
      wakesAtMs = -Infinity
      for (const job of heap.splice(0)) job.place = -1
    },
  }
}
