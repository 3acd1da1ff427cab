/** The clock that rings: runs `task` once, after `delayMs`; returns the way to call it off. Tests turn it by hand. */
export type Schedule = (task: () => void, delayMs: number) => () => void
