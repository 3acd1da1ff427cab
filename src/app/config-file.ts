import { readFileSync } from 'node:fs'
import { decodeDocument } from '../policy/decode-document.ts'
import { didYouMean } from '../policy/suggest.ts'
import { parseYaml, type YamlDocument } from '../policy/yaml-document.ts'
import { SETTING_NAMES, SETTINGS, type SettingName } from './config-settings.ts'

/** Octets of a file, or null when it is not there. */
export type ReadFile = (path: string) => Uint8Array | null

export const readFileIfThere: ReadFile = (path) => {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

export interface FileSettings {
  readonly values: ReadonlyMap<SettingName, { readonly raw: unknown; readonly source: string }>
  readonly problems: readonly string[]
}

/** What a nearcast.yaml sets. Values are as they stand there; where each stands is its source, `nearcast.yaml:3`. */
export function readConfigFile(path: string, bytes: Uint8Array): FileSettings {
  const decoded = decodeDocument(path, bytes)
  if (!('text' in decoded)) return { values: new Map(), problems: [`${path}: ${decoded.message}`] }
  const parsed = parseYaml(decoded)
  if (parsed.ok) return collect(parsed.document)
  const problems = parsed.problems
    // A file of comments only sets nothing, and that is well.
    .filter(({ rule }) => rule !== 'empty-document')
    .map(({ rule, at, message, hint }) => {
      const what = rule === 'wrong-type' ? 'the file is no mapping of settings to values' : withHint(message, hint)
      return `${at.file}:${at.line}: ${what}`
    })
  return { values: new Map(), problems }
}

const withHint = (message: string, hint: string | null): string => (hint === null ? message : `${message}; ${hint}`)

function collect(document: YamlDocument): FileSettings {
  const values = new Map<SettingName, { raw: unknown; source: string }>()
  const problems: string[] = []
  const visit = (mapping: Readonly<Record<string, unknown>>, path: readonly string[]): void => {
    const inside = SETTING_NAMES.filter((name) => path.every((key, depth) => SETTINGS[name].path[depth] === key))
    for (const [key, raw] of Object.entries(mapping)) {
      const here = [...path, key]
      const source = `${document.file}:${document.positionOf(here, 'key').line}`
      const below = inside.filter((name) => SETTINGS[name].path[path.length] === key)
      const exact = below.find((name) => SETTINGS[name].path.length === here.length)
      if (exact !== undefined) values.set(exact, { raw, source })
      else if (below.length === 0) {
        const known = new Set(inside.flatMap((name) => SETTINGS[name].path[path.length] ?? []))
        problems.push(`${source}: ${here.join('.')} is no setting; ${didYouMean(key, known)}`)
      } else if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) {
        visit(raw as Record<string, unknown>, here)
      } else if (raw !== null) {
        const keys = below.map((name) => SETTINGS[name].path[here.length]).join(', ')
        problems.push(
          `${source}: ${here.join('.')} is ${JSON.stringify(raw)}, expected a mapping with the keys ${keys}`,
        )
      }
    }
  }
  visit(document.value, [])
  return { values, problems }
}
