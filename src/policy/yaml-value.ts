import { isAlias, isMap, isScalar, isSeq, type Node, type YAMLMap, type YAMLSeq } from 'yaml'
import { MAX_DEPTH, MAX_NODES } from './limits.ts'
import { formatPath, type Path } from './path.ts'

/** Assigning these could reach into `Object.prototype`; no key of the language has such a name. */
const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

type Report = (offset: number, path: Path, rule: string, message: string, hint: string | null) => void

export interface PlainValue {
  readonly value: unknown
  /** Alias → the node it stands for. */
  readonly targets: ReadonlyMap<Node, Node>
  /** Mapping → its keys as written. Objects move keys that look like numbers to the front. */
  readonly keys: ReadonlyMap<unknown, readonly string[]>
}

interface Converted {
  readonly value: unknown
  /** Values in it, every alias written out. */
  readonly size: number
  /** Levels in it. */
  readonly depth: number
}

const NOTHING: Converted = { value: null, size: 1, depth: 0 }

/**
 * Nodes → plain values. An alias shares its target's value instead of copying it, but counts in full: what reads the
 * values later walks them written out.
 */
export function toPlainValue(root: Node, report: Report): PlainValue {
  const targets = new Map<Node, Node>()
  const keys = new Map<unknown, readonly string[]>()
  const anchored = new Map<string, { readonly node: Node; converted: Converted | null }>()
  // Once told, not again for every level around.
  const told = new Set<string>()
  const once = (node: Node, path: Path, rule: string, message: string, hint: string | null) => {
    if (told.has(rule)) return
    told.add(rule)
    report(offsetOf(node), path, rule, message, hint)
  }

  const convert = (node: Node | null, path: Path): Converted => {
    if (node === null) return NOTHING
    if (isAlias(node)) {
      const anchor = anchored.get(node.source)
      if (anchor === undefined || anchor.converted === null) {
        const why = anchor === undefined ? 'no anchor before it has that name' : 'it stands inside what it stands for'
        report(offsetOf(node), path, 'bad-alias', `the alias \`*${node.source}\` means nothing: ${why}`, null)
        return NOTHING
      }
      targets.set(node, anchor.node)
      return anchor.converted
    }
    const { tag, anchor } = node as { tag?: string; anchor?: string }
    if (hasExplicitTag(node)) {
      report(
        offsetOf(node),
        path,
        'yaml-tag',
        `the value has the tag \`${tag?.replace('tag:yaml.org,2002:', '!!')}\``,
        'write it without a tag',
      )
    }
    const entry = { node, converted: null as Converted | null }
    if (anchor !== undefined) anchored.set(anchor, entry)
    const converted = isMap(node) ? convertMap(node, path) : isSeq(node) ? convertSeq(node, path) : scalarOf(node)
    entry.converted = converted
    if (converted.size > MAX_NODES) {
      once(
        node,
        path,
        'too-many-values',
        `the document holds more than ${MAX_NODES} values once its aliases are written out`,
        null,
      )
    }
    if (path.length + converted.depth > MAX_DEPTH) {
      once(node, path, 'too-deep', `more than ${MAX_DEPTH} mappings and lists inside one another`, null)
    }
    return converted
  }

  const convertMap = (map: YAMLMap, path: Path): Converted => {
    const value: Record<string, unknown> = {}
    const seen = new Set<string>()
    let size = 1
    let depth = 0
    for (const pair of map.items) {
      const keyNode = pair.key as Node | null
      const key = keyText(keyNode)
      if (key === null) {
        report(
          offsetOf(keyNode ?? map),
          path,
          'bad-key',
          'a key is not a text',
          'keys are plain names; a value in braces or with `: ` inside needs quotes',
        )
        continue
      }
      const below = [...path, key]
      if (FORBIDDEN_KEYS.has(key)) {
        report(
          offsetOf(keyNode ?? map),
          below,
          'forbidden-key',
          `the key \`${key}\` is not allowed`,
          'it could reach into the program itself',
        )
        continue
      }
      if (seen.has(key)) {
        report(
          offsetOf(keyNode ?? map),
          below,
          'duplicate-key',
          `the key \`${key}\` is given twice in ${path.length === 0 ? 'the document' : `\`${formatPath(path)}\``}`,
          'keep one of the two',
        )
        continue
      }
      seen.add(key)
      const child = convert(pair.value as Node | null, below)
      value[key] = child.value
      size += child.size
      depth = Math.max(depth, child.depth)
    }
    keys.set(value, [...seen])
    return { value, size, depth: depth + 1 }
  }

  const convertSeq = (seq: YAMLSeq, path: Path): Converted => {
    const value: unknown[] = []
    let size = 1
    let depth = 0
    for (const [index, item] of seq.items.entries()) {
      const child = convert(item as Node | null, [...path, index])
      value.push(child.value)
      size += child.size
      depth = Math.max(depth, child.depth)
    }
    return { value, size, depth: depth + 1 }
  }

  return { value: convert(root, []).value, targets, keys }
}

const offsetOf = (node: Node): number => node.range?.[0] ?? 0

const scalarOf = (node: Node): Converted => ({ value: isScalar(node) ? node.value : null, size: 1, depth: 0 })

/** Keys as written: `1` and `NO` are texts too. */
function keyText(key: Node | null): string | null {
  if (!isScalar(key) || hasExplicitTag(key)) return null
  if (key.value === null) return null
  return String(key.source ?? key.value)
}

/** Composed nodes carry a tag only when one was written. */
const hasExplicitTag = (node: Node): boolean => (node as { tag?: string }).tag !== undefined
