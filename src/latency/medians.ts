export interface Weighted {
  readonly value: number
  readonly weight: number
}

/** The value with half of the weight on either side; the middle of two where the half falls between them. Not of nothing. */
export function weightedMedian(items: readonly Weighted[]): number {
  const sorted = [...items].sort((a, b) => a.value - b.value)
  const half = sorted.reduce((sum, { weight }) => sum + weight, 0) / 2
  let below = 0
  for (const [index, { value, weight }] of sorted.entries()) {
    below += weight
    if (below > half) return value
    if (below === half) return (value + (sorted[index + 1]?.value ?? value)) / 2
  }
  return sorted.at(-1)!.value
}

export const median = (values: readonly number[]): number =>
  weightedMedian(values.map((value) => ({ value, weight: 1 })))
