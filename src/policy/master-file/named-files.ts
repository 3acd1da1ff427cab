import type { SourceDocument } from '../../domain/revision.ts'
import { parseYaml } from '../yaml-document.ts'
import { isGivenPath, pathBeside } from './document-path.ts'

/** Whether a path is one of a document in YAML or JSON. */
export const isYamlPath = (path: string): boolean => /\.(?:ya?ml|json)$/i.test(path) && !isGivenPath(path)

/** Whether a path is that of a master file, as far as a path tells. */
export const isMasterPath = (path: string): boolean =>
  isGivenPath(path) || (/\.[^./]+$/.test(path) && !isYamlPath(path))

/**
 * Paths of the documents that a document names: the `file` of a zone, the `$INCLUDE`s of a master file. More than there are may
 * be named; reading the documents tells which are missed.
 */
export function filesNamedBy(document: SourceDocument): readonly string[] {
  const names = isYamlPath(document.path) ? fileOfZone(document) : includesOf(document.text)
  return [...new Set(names.flatMap((name) => pathBeside(document.path, name) ?? []))]
}

function fileOfZone(document: SourceDocument): readonly string[] {
  // Most documents name no file, and to read YAML costs time.
  if (!/\bzone\b/.test(document.text) || !/\bfile\b/.test(document.text)) return []
  const parse = parseYaml(document)
  const file = parse.ok && Object.hasOwn(parse.document.value, 'zone') ? parse.document.value.file : undefined
  return typeof file === 'string' ? [file] : []
}

/** What the `$INCLUDE`s of a master file name, roughly: reading it knows exactly. */
export const includesOf = (text: string): readonly string[] =>
  [...text.matchAll(/^\$INCLUDE[ \t]+(?:"([^"\n]*)"|([^\s;"()]+))/gim)].map(
    ([, quoted, plain]) => quoted ?? plain ?? '',
  )
