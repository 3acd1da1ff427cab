import type { SourcePosition } from '../../domain/policy.ts'
import type { Problem } from '../../domain/problem.ts'
import type { StaticRecord, Zone } from '../../domain/zone.ts'
import { limitedTo } from '../problem-list.ts'
import { BadText } from '../rdata/token.ts'
import type { Place } from './lexer.ts'

export type Owner =
  | { readonly kind: 'known'; readonly name: string }
  /** No record has named one yet. */
  | { readonly kind: 'none' }
  /** The last one named was wrong, and was told. */
  | { readonly kind: 'faulty' }

/** What reading a zone's master file has found so far; files that it includes share it. */
export interface Reading {
  /** The apex, where it is known beforehand. */
  readonly zone: string | null
  /** `$ORIGIN`; null while nothing says it. */
  origin: string | null
  owner: Owner
  /** `$TTL` (RFC 2308 §4). */
  defaultTtlSeconds: number | null
  /** RFC 1035 §5.1: "Omitted class and TTL values are default to the last explicitly stated values." */
  lastTtlSeconds: number | null
  soa: FileSoa | null
  readonly records: StaticRecord[]
  /** Records of a signed zone, which are left out. */
  dnssec: { count: number; readonly types: Set<string>; readonly first: SourcePosition } | null
  octets: number
  files: number
  isFull: boolean
}

export interface FileSoa {
  readonly owner: string
  readonly fields: Zone['soa']
  readonly at: SourcePosition
}

export type ReportAt = (
  severity: Problem['severity'],
  at: SourcePosition,
  rule: string,
  message: string,
  hint?: string | null,
) => void

/** One file, and the way to tell what is wrong in it. */
export interface MasterText {
  readonly path: string
  readonly text: string
  report(severity: Problem['severity'], at: Place, rule: string, message: string, hint?: string | null): void
}

/** Files of one zone; a file that is included twice has its problems counted together. */
export function masterTexts(problems: Problem[]) {
  const adders = new Map<string, ReturnType<typeof limitedTo>>()
  let hasOrigin = true
  const reportAt: ReportAt = (severity, at, rule, message, hint = null) => {
    // One that is missing is missed at every name.
    if (rule === 'no-origin' && !hasOrigin) return
    hasOrigin &&= rule !== 'no-origin'
    const add = adders.get(at.file) ?? limitedTo(problems, () => ({ file: at.file, line: 1, column: 1 }))
    adders.set(at.file, add)
    add(() => ({ severity, rule, at, path: '', message, hint }), severity)
  }
  const open = (path: string, text: string): MasterText => ({
    path,
    text,
    report: (severity, { line, column }, ...words) => reportAt(severity, { file: path, line, column }, ...words),
  })
  return { open, reportAt }
}

/** Runs a reader of text; what it throws is told, and null comes instead. */
export function attempt<T>(file: MasterText, read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof BadText)) throw error
    file.report('error', error.token, error.rule, error.message, error.hint)
    return null
  }
}
