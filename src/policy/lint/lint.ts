import type { PolicySet } from '../../domain/policy-set.ts'
import type { Problem } from '../../domain/problem.ts'
import { atOnce, type Turns } from '../../domain/turns.ts'
import { RULES } from './registry.ts'

/** Everything the rules find in a checked set, by file and line. Pure; never throws on a set that the loader let through. */
export const lint = (set: PolicySet): readonly Problem[] => atOnce(lintSteps(set))

/** The same with a pause before each rule. */
export function* lintSteps(set: PolicySet): Turns<readonly Problem[]> {
  const problems: Problem[] = []
  for (const rule of RULES) {
    yield
    for (const finding of rule.find(set)) problems.push({ ...finding, rule: rule.id })
  }
  return problems.sort(byPosition)
}

function byPosition(a: Problem, b: Problem): number {
  if (a.at.file !== b.at.file) return a.at.file < b.at.file ? -1 : 1
  return a.at.line - b.at.line || a.at.column - b.at.column
}
