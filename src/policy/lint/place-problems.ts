import type { SourcePosition } from '../../domain/policy.ts'
import type { Problem } from '../../domain/problem.ts'
import type { SourceDocument } from '../../domain/revision.ts'
import { valueAt } from '../cursor.ts'
import { isMasterPath } from '../master-file/named-files.ts'
import type { Path } from '../path.ts'
import { parseYaml, type YamlDocument } from '../yaml-document.ts'

/**
 * Problems with the exact place of what they speak of. Rules see a checked set, which knows where a document, a step, a test
 * and a record stand; the text knows the rest: the line of an endpoint, a name, a site.
 */
export function placeProblems(problems: readonly Problem[], documents: readonly SourceDocument[]): readonly Problem[] {
  const parsed = new Map<string, YamlDocument | null>()
  const documentOf = (source: SourceDocument): YamlDocument | null => {
    const known = parsed.get(source.path)
    if (known !== undefined) return known
    // A problem of a master file stands at its record already.
    if (isMasterPath(source.path)) return null
    const parse = parseYaml(source)
    parsed.set(source.path, parse.ok ? parse.document : null)
    return parse.ok ? parse.document : null
  }
  const bySource = new Map(documents.map((source) => [source.path, source]))
  return problems.map((problem) => {
    const path = parsePath(problem.path)
    const own = bySource.get(problem.at.file)
    const sources = problem.at.file === '' ? documents : own === undefined ? [] : [own]
    for (const source of sources) {
      const document = documentOf(source)
      if (document === null || (problem.at.file === '' && valueAt(document.value, path) === undefined)) continue
      const at = document.positionOf(path, typeof path.at(-1) === 'string' ? 'key' : 'value')
      return { ...problem, at: problem.at.file === '' || isAfter(at, problem.at) ? at : problem.at }
    }
    return problem
  })
}

/** What a problem points at already is never less exact than what stands before it. */
const isAfter = (a: SourcePosition, b: SourcePosition): boolean =>
  a.line > b.line || (a.line === b.line && a.column > b.column)

/** The way back from `formatPath`: `steer[2].nearest`, `ns["ns1.geo.example"][0]`. */
function parsePath(text: string): Path {
  const parts = text.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([\w$-]+)/g)
  return [...parts].map(([, index, quoted, name]) => {
    if (index !== undefined) return Number(index)
    return quoted === undefined ? (name ?? '') : (JSON.parse(quoted) as string)
  })
}
