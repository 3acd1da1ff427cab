/** Runs once after a delay; returns the way to call it off. Tests turn the clock by hand. */
export type Schedule = (task: () => void, delayMs: number) => () => void
