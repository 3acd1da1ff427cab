/**
 * Paths of master files among the documents of a revision. Those that a zone document names have the path of every document:
 * below the policy directory. Those given with `--zone` come from anywhere, so their paths say that:
 * `--zone/etc/bind/db.geo.example`, `--zone=geo.example/srv/zones/geo`; what they include is `--zone-include/etc/bind/hosts`.
 */

const GIVEN = /^--zone(?:=([^/]*))?(\/.*)$/s
const INCLUDED = '--zone-include'

/** @param file absolute, with `/` between its folders */
export const givenZonePath = (origin: string | null, file: string): string =>
  `--zone${origin === null ? '' : `=${origin}`}${rooted(file)}`

const rooted = (file: string): string => (file.startsWith('/') ? file : `/${file}`)

/** A file given with `--zone`, and the origin that was given with it; null for any other document. */
export function givenZone(path: string): { readonly origin: string | null; readonly file: string } | null {
  const [, origin, file] = GIVEN.exec(path) ?? []
  return file === undefined ? null : { origin: origin ?? null, file }
}

/** Whether a path is of a document that came with `--zone`, itself or included. */
export const isGivenPath = (path: string): boolean => givenZone(path) !== null || path.startsWith(`${INCLUDED}/`)

/** The file that a `--zone` document was read from, absolute. */
export const fileOfGiven = (path: string): string => givenZone(path)?.file ?? path.slice(INCLUDED.length)

/** Path of the document that `name` stands for in the document `from`; null when it would be outside the policy directory. */
export function pathBeside(from: string, name: string): string | null {
  if (name === '' || /[\\\0]/.test(name)) return null
  const isGiven = isGivenPath(from)
  const base = isGiven ? fileOfGiven(from) : from
  if (name.startsWith('/')) return isGiven ? INCLUDED + (resolved(name.split('/')) ?? '') : null
  const found = resolved([...base.split('/').slice(0, -1), ...name.split('/')])
  if (found === null) return null
  return isGiven ? INCLUDED + found : found.slice(1)
}

/** With a `/` in front; null above the top. */
function resolved(parts: readonly string[]): string | null {
  const found: string[] = []
  for (const part of parts) {
    if (part === '' || part === '.') continue
    if (part !== '..') found.push(part)
    else if (found.pop() === undefined) return null
  }
  return found.length === 0 ? null : `/${found.join('/')}`
}

/** Files of zones are called after them: `db.geo.example`, `geo.example.zone`. Null when this one is not. */
export function originOfFileName(path: string): string | null {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  const bare = name
    .replace(/^(?:db|pri|master|zone|named)\./, '')
    .replace(/(?:\.(?:zone|db|dns|hosts|fwd|rev|txt|conf|signed))+$/, '')
  const labels = bare.split('.')
  const isName = labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label)) && bare.length <= 253
  // `db.192.0.2` is a reverse zone, but nobody can tell which way round its numbers stand.
  const isTold = bare !== name || labels.length > 1
  return isName && isTold && !/^\d+$/.test(labels.at(-1) ?? '') ? bare : null
}
