/** Matches text against globs in which `*` stands for any run of characters, also none. Nothing else is special. */
export function compileGlobs(globs: readonly string[]): (text: string) => boolean {
  const exact = new Set(globs.filter((glob) => !glob.includes('*')))
  const patterns = globs.filter((glob) => glob.includes('*')).map((glob) => glob.split('*'))
  return (text) => exact.has(text) || patterns.some((parts) => matchesParts(text, parts))
}

/** Leftmost matches suffice between stars, so there is no backtracking and no input that takes long. */
function matchesParts(text: string, parts: readonly string[]): boolean {
  const head = parts[0] ?? ''
  const tail = parts[parts.length - 1] ?? ''
  if (text.length < head.length + tail.length || !text.startsWith(head) || !text.endsWith(tail)) return false
  let at = head.length
  const end = text.length - tail.length
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at)
    if (found < 0 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}

/** The same for a single glob and text. */
export const matchesGlob = (glob: string, text: string): boolean => compileGlobs([glob])(text)
