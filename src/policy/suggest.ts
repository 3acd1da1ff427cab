/** A swap of neighbours is the likelier slip: `ue` is `eu` rather than `us`. */
const SWAP = 0.9

/** Optimal string alignment: insertions, deletions and replacements count one each, swaps of neighbours {@link SWAP}. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + SWAP)
      row.push(best)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}

/** Longer texts are no slips of the pen of one another, and comparing them would cost their product. */
const LONGEST = 80

/** The known word that was probably meant: at most a third of its letters differ, case not counted. Null when none is near. */
export function suggest(found: string, known: Iterable<string>): string | null {
  if (found.length > LONGEST) return null
  const lower = found.toLowerCase()
  let nearest: string | null = null
  let nearestDistance = Number.POSITIVE_INFINITY
  for (const word of known) {
    const allowed = Math.max(1, Math.floor(Math.max(word.length, found.length) / 3))
    if (Math.abs(word.length - found.length) > allowed || word.length > LONGEST) continue
    const distance = editDistance(lower, word.toLowerCase())
    if (distance <= allowed && distance < nearestDistance) {
      nearest = word
      nearestDistance = distance
    }
  }
  return nearest
}

const SHOWN = 8

/** What others call it: HAProxy, gdnsd, Route 53. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['interval', 'every'],
  ['period', 'every'],
  ['status', 'expect'],
  ['statuses', 'expect'],
])

/** ``did you mean `eu`?``, or what there is to choose from. Null when there is nothing to choose from. */
export function didYouMean(found: string, known: Iterable<string>): string | null {
  const words = [...known]
  const elsewhere = ELSEWHERE.get(found)
  const nearest = elsewhere !== undefined && words.includes(elsewhere) ? elsewhere : suggest(found, words)
  if (nearest !== null) return `did you mean \`${nearest}\`?`
  if (words.length === 0) return null
  const shown = words.slice(0, SHOWN).map((word) => `\`${word}\``)
  return `known: ${shown.join(', ')}${words.length > SHOWN ? ` and ${words.length - SHOWN} more` : ''}`
}
