import type { Stats } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import type { Problem } from '../domain/problem.ts'
import { fileOfGiven, givenZonePath } from '../policy/master-file/document-path.ts'
import type { ZoneFile } from './config-values.ts'
import { isPassedOver, isUnspeakable } from './policy-tree.ts'

/** What there is of the files that `zones` names, before any of it is read. */
export interface ZoneFiles {
  /** By their paths as documents. */
  readonly files: readonly { readonly path: string; readonly stats: Stats }[]
  readonly folders: readonly string[]
  readonly problems: readonly Problem[]
}

/** Total: what goes wrong is among the problems. */
export async function findZoneFiles(zones: readonly ZoneFile[]): Promise<ZoneFiles> {
  const files = new Map<string, Stats>()
  const folders: string[] = []
  const problems: Problem[] = []
  const visit = async ({ origin, path }: ZoneFile): Promise<void> => {
    const document = givenZonePath(origin, slashed(resolve(path)))
    const refuse = (message: string, hint: string | null) => problems.push(problemAt(document, message, hint))
    if (isUnspeakable(document)) {
      refuse(`the file name ${JSON.stringify(path)} does not do`, 'use letters, digits, dots and hyphens')
      return
    }
    try {
      const stats = await stat(path)
      if (stats.isFile()) files.set(document, stats)
      else if (!stats.isDirectory()) refuse(`${path} is no file`, 'expected a master file, or a folder of them')
      else if (origin !== null)
        refuse(`${path} is a folder, and cannot be the zone ${origin}`, 'name one file, or leave the origin out')
      else {
        folders.push(resolve(path))
        const names = (await readdir(path)).filter(isZoneFileName).sort()
        if (names.length === 0)
          refuse(`no file in ${path} is called as a master file is`, 'expected *.zone, *.db or db.*')
        for (const name of names) await visit({ origin: null, path: join(path, name) })
      }
    } catch (error) {
      refuse(`${path} cannot be read: ${(error as Error).message}`, 'mend --zone, or the file')
    }
  }
  for (const zone of zones) await visit(zone)
  return { files: [...files].map(([path, stats]) => ({ path, stats })), folders, problems }
}

/** In a folder of name servers there is much else: journals, keys, configuration. */
const isZoneFileName = (name: string): boolean =>
  !isPassedOver(name) &&
  (/\.(?:zone|db)$/i.test(name) || (/^db\./i.test(name) && !/\.(?:jnl|jbk|bak|orig|old)$/i.test(name)))

/** The file of a document that is not below the policy directory. */
export const systemPathOf = (path: string): string => resolve(fileOfGiven(path).replaceAll('/', sep))

const slashed = (path: string): string => path.replaceAll(sep, '/')

const problemAt = (file: string, message: string, hint: string | null): Problem => ({
  severity: 'error',
  rule: 'unreadable-file',
  at: { file, line: 1, column: 1 },
  path: '',
  message,
  hint,
})
