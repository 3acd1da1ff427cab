/** Keys and list positions from the top of a document to a value. */
export type Path = readonly (string | number)[]

/** `steer[2].nearest.within`, `ns["ns1.geo.example"][0]`. */
export function formatPath(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`
      if (!/^[\w$-]+$/.test(part)) return `[${JSON.stringify(part)}]`
      return index === 0 ? part : `.${part}`
    })
    .join('')
}
