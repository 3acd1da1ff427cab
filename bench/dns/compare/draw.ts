/** Uniform unsigned 32-bit numbers. */
export type Draw = () => number

export const oneOf = <T>(list: readonly T[], die: Draw): T => list[die() % list.length] as T

/** True once in `n`. */
export const oneIn = (n: number, die: Draw): boolean => die() % n === 0
