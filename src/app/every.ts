import type { Schedule } from '../ports/schedule.ts'

/** Runs `task` again and again, `delayMs` after it was begun last; returns the way to stop. */
export function every(schedule: Schedule, delayMs: number, task: () => unknown): () => void {
  let callOff = (): void => {}
  const again = (): void => {
    callOff = schedule(() => {
      again()
      task()
    }, delayMs)
  }
  again()
  return () => callOff()
}
