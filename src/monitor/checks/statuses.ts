/** `2xx, 301 or 404`: a class of which all are there is told as one. */
export function statusesText(statuses: readonly number[]): string {
  const has = new Set(statuses)
  const whole = [1, 2, 3, 4, 5].filter((digit) =>
    Array.from({ length: 100 }, (_, index) => digit * 100 + index).every((status) => has.has(status)),
  )
  const single = [...has].filter((status) => !whole.includes(Math.floor(status / 100)))
  const parts = [...whole.map((digit) => `${digit}xx`), ...single.map(String)].toSorted()
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} or ${parts.at(-1)}`
}
