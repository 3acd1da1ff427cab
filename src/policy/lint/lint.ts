import type { PolicySet } from '../../domain/policy-set.ts'
import type { Problem } from '../../domain/problem.ts'
import { RULES } from './registry.ts'

/** Everything the rules find in a checked set, by file and line. Pure; never throws on a set that the loader let through. */
export function lint(set: PolicySet): readonly Problem[] {
  const problems = RULES.flatMap((rule) => [...rule.find(set)].map((finding) => ({ ...finding, rule: rule.id })))
  return problems.sort(byPosition)
}

function byPosition(a: Problem, b: Problem): number {
  if (a.at.file !== b.at.file) return a.at.file < b.at.file ? -1 : 1
  return a.at.line - b.at.line || a.at.column - b.at.column
}
