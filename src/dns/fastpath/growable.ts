/** Arrays of numbers that grow by doubling, without an object a number. */
export interface Growable<A extends Int32Array | Uint16Array | Uint8Array> {
  /** @returns where the value stands */
  push(value: number): number
  /** @returns where the first of them stands */
  append(values: ArrayLike<number>): number
  length(): number
  /** A copy of what was put in, without room to spare. */
  finish(): A
}

const NO_WORDS = new Int32Array(0)
const NO_HALF_WORDS = new Uint16Array(0)
const NO_OCTETS = new Uint8Array(0)

export const growableWords = (): Growable<Int32Array> => growable((length) => new Int32Array(length), NO_WORDS)
export const growableHalfWords = (): Growable<Uint16Array> =>
  growable((length) => new Uint16Array(length), NO_HALF_WORDS)
export const growableOctets = (): Growable<Uint8Array> => growable((length) => new Uint8Array(length), NO_OCTETS)

const FIRST_ROOM = 64

function growable<A extends Int32Array | Uint16Array | Uint8Array>(
  make: (length: number) => A,
  nothing: A,
): Growable<A> {
  let array = nothing
  let used = 0
  const reserve = (count: number): void => {
    if (used + count <= array.length) return
    const larger = make(Math.max(FIRST_ROOM, array.length * 2, used + count))
    larger.set(array.subarray(0, used))
    array = larger
  }
  return {
    push(value) {
      reserve(1)
      array[used] = value
      return used++
    },
    append(values) {
      reserve(values.length)
      array.set(values, used)
      used += values.length
      return used - values.length
    },
    length: () => used,
    // Of thousands of small parts most have sections without anything in them.
    finish: () => (used === 0 ? nothing : (array.slice(0, used) as A)),
  }
}
