import type { Problem } from '../domain/problem.ts'

/** One line for a terminal, without a place where there is no file: ``policies/api.yaml:12:7 error unknown-key steer[2].nearest.withn: … — did you mean `within`?`` */
export function formatProblem(problem: Problem): string {
  const { file, line, column } = problem.at
  const where = problem.path === '' ? '' : ` ${problem.path}`
  const hint = problem.hint === null ? '' : ` — ${problem.hint}`
  const place = file === '' ? '' : `${file}:${line}:${column} `
  return `${place}${problem.severity} ${problem.rule}${where}: ${problem.message}${hint}`
}
