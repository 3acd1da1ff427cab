import type { Problem } from '../domain/problem.ts'
import { fileOfGiven, isGivenPath } from './master-file/document-path.ts'

/** One line for a terminal, without a place where there is no file: ``policies/api.yaml:12:7 error unknown-key steer[2].nearest.withn: … — did you mean `within`?`` */
export function formatProblem(problem: Problem): string {
  const { file, line, column } = problem.at
  const where = problem.path === '' ? '' : ` ${problem.path}`
  const hint = problem.hint === null ? '' : ` — ${problem.hint}`
  const place = file === '' ? '' : `${shownPath(file)}:${line}:${column} `
  return `${place}${problem.severity} ${problem.rule}${where}: ${problem.message}${hint}`
}

/** The path of a document as people know it: a file given with `--zone` is where it is. */
export const shownPath = (path: string): string => (isGivenPath(path) ? fileOfGiven(path) : path)
