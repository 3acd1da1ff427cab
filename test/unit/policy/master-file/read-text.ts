import type { Problem } from '../../../../src/domain/problem.ts'
import { atOnce } from '../../../../src/domain/turns.ts'
import { formatProblem } from '../../../../src/policy/format-problem.ts'
import { type MasterZone, readMasterFile } from '../../../../src/policy/master-file/read-master-file.ts'

/** A master file of the zone `geo.example` called `f`, beside those files. */
export function readText(
  text: string,
  beside: Readonly<Record<string, string>> = {},
  origin: string | null = 'geo.example',
): { readonly zone: MasterZone; readonly problems: readonly string[] } {
  const problems: Problem[] = []
  const include = (_from: string, name: string) => {
    const found = beside[name]
    return found === undefined ? `there is no ${name}` : { path: name, text: found }
  }
  const zone = atOnce(readMasterFile({ path: 'f', text, origin, zone: null }, include, problems))
  return { zone, problems: problems.map(formatProblem) }
}
