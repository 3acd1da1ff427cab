/** What the house tests read: the repository's files, their text without comments and string contents, their imports. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface SourceFile {
  /** Below the repository, such as `src/engine/plan.ts`. */
  readonly path: string
  readonly text: string
}

/** One finding of a house test: `src/engine/plan.ts: imports upwards …`. */
export type Finding = string

/** All files below `folders` whose name ends so, in order of path. A missing folder has none. */
export function filesIn(folders: readonly string[], endings: readonly string[]): SourceFile[] {
  const paths = folders.flatMap((folder) => pathsBelow(folder))
  return paths
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .sort()
    .map((path) => ({ path, text: readFileSync(`${ROOT}${path}`, 'utf8') }))
}

function pathsBelow(folder: string): string[] {
  try {
    return readdirSync(`${ROOT}${folder}`, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => `${entry.parentPath}/${entry.name}`.slice(ROOT.length))
  } catch {
    return []
  }
}

export interface Import {
  readonly specifier: string
  /** Path below the repository for a relative import, else null. */
  readonly target: string | null
}

const STATEMENT = /(?:^|[;}\n])\s*(?:import|export)\b(?:[\w\s{},*]*?\bfrom)?\s*(['"])(?<at>\d+)\1/g
const CALL = /\b(?:import|require|require\.resolve|createRequire\([^)]*\))\s*\(\s*(['"])(?<at>\d+)\1/g

/** Static imports, re-exports (also those of types only) and calls of `import('…')` with a literal. */
export function importsOf(file: SourceFile): Import[] {
  const { code, strings } = tokenise(file.text)
  const specifiers = [STATEMENT, CALL].flatMap((pattern) =>
    [...code.matchAll(pattern)].map((match) => strings[Number(match.groups?.at)] ?? ''),
  )
  return specifiers.map((specifier) => ({
    specifier,
    target: specifier.startsWith('.') ? new URL(specifier, `file:///${file.path}`).pathname.slice(1) : null,
  }))
}

/** The text with comments, regular expressions and string contents taken out; line breaks are kept. */
export const codeOf = (file: SourceFile): string => tokenise(file.text).code

interface Tokens {
  /** Strings are `'n'`: an index into `strings`. */
  readonly code: string
  readonly strings: readonly string[]
}

const TOKEN =
  /(?<comment>\/\/[^\n]*|\/\*.*?\*\/)|(?<string>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")|(?<template>`)|(?<slash>\/)|(?<brace>[{}])|./sy

// A slash starts a regular expression where no operand can stand before it.
const BEFORE_REGEX = /(?:^|[=(,;:!&|?{}[+\-*%<>~^]|\b(?:return|typeof|case|in|of|yield|await|else|do))\s*$/
const REGEX = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y

function tokenise(text: string): Tokens {
  const strings: string[] = []
  /** Depth of braces at which each open `${` of a template ends. */
  const templates: number[] = []
  let depth = 0
  let at = 0
  let code = ''
  while (at < text.length) {
    TOKEN.lastIndex = at
    const token = TOKEN.exec(text)
    if (token === null) break
    const { comment, string, template, slash, brace } = token.groups ?? {}
    at = TOKEN.lastIndex
    if (comment !== undefined) {
      code += comment.replace(/[^\n]/g, ' ')
    } else if (string !== undefined) {
      code += `'${strings.push(string.slice(1, -1)) - 1}'`
    } else if (template !== undefined) {
      at = skipTemplate(text, at)
      if (text[at - 1] === '{') templates.push(depth)
      code += text[at - 1] === '{' ? ' (' : ' `` '
    } else if (slash !== undefined && BEFORE_REGEX.test(code.slice(-80))) {
      REGEX.lastIndex = at - 1
      if (REGEX.test(text)) at = REGEX.lastIndex
      code += ' /./ '
    } else if (brace === '}' && templates.at(-1) === depth) {
      templates.pop()
      at = skipTemplate(text, at)
      if (text[at - 1] === '{') templates.push(depth)
      code += text[at - 1] === '{' ? ' + ' : ') '
    } else {
      if (brace !== undefined) depth += brace === '{' ? 1 : -1
      code += token[0]
    }
  }
  return { code, strings }
}

/** From inside a template's text to just after its end or its next `${`. */
function skipTemplate(text: string, from: number): number {
  let at = from
  while (at < text.length) {
    if (text[at] === '\\') at += 2
    else if (text[at] === '`') return at + 1
    else if (text[at] === '$' && text[at + 1] === '{') return at + 2
    else at++
  }
  return at
}
