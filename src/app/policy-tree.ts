import type { Stats } from 'node:fs'
import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from '../domain/problem.ts'
import { isGivenPath } from '../policy/master-file/document-path.ts'

/** What there is below a policy directory, before any of it is read. */
export interface PolicyTree {
  /** Regular files that are policy documents by their name, in order of path. */
  readonly files: readonly { readonly path: string; readonly stats: Stats }[]
  /** Paths of the file system, the directory itself among them. */
  readonly folders: readonly string[]
  readonly problems: readonly Problem[]
}

/** Total: what goes wrong is among the problems. Links are followed; a folder that is reached twice counts once. */
export async function walkPolicyDirectory(directory: string): Promise<PolicyTree> {
  const files: { path: string; stats: Stats }[] = []
  const folders: string[] = []
  const problems: Problem[] = []
  const seen = new Set<string>()

  const visitFolder = async (path: string): Promise<void> => {
    const folder = join(directory, path)
    // A link may lead back up, to a folder that is being walked.
    const real = await realpath(folder)
    if (seen.has(real)) return
    seen.add(real)
    const names = await readdir(folder)
    folders.push(folder)
    for (const name of names.sort()) {
      if (!isPassedOver(name)) await visit(path === '' ? name : `${path}/${name}`)
    }
  }

  const visit = async (path: string): Promise<void> => {
    try {
      const stats = await stat(join(directory, path))
      if (stats.isDirectory()) return await visitFolder(path)
      // Devices and pipes are no documents: to read one could take for ever.
      if (!stats.isFile() || !isDocument(path)) return
      if (isUnspeakable(path) || isGivenPath(path)) problems.push(badName(path))
      else files.push({ path, stats })
    } catch (error) {
      if (await isMissing(join(directory, path))) return
      const isDanglingLink = (error as NodeJS.ErrnoException).code === 'ENOENT'
      if (isDocument(path) || !isDanglingLink) problems.push(unreadable(path, error as Error))
    }
  }

  try {
    await visitFolder('')
  } catch (error) {
    problems.push(noDirectory(directory, error as Error))
  }
  files.sort((a, b) => (a.path < b.path ? -1 : 1))
  return { files, folders, problems }
}

/** Hidden files, and what editors leave while they write: `.api.yaml.swp`, `#api.yaml#`, `api.yaml~`. */
export const isPassedOver = (name: string): boolean => /^[.#]|~$/.test(name)

const isDocument = (path: string): boolean => /\.(?:ya?ml|json)$/i.test(path)

// The last is what a name that is not UTF-8 reads as.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSPEAKABLE = /[\\\0-\x1f\x7f\ufffd]/
export const isUnspeakable = (path: string): boolean => UNSPEAKABLE.test(path)

/** False for a dangling link: its own name is there. */
const isMissing = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  )

export const unreadable = (path: string, error: Error): Problem =>
  problemAt(path, 'unreadable-file', `the file cannot be read: ${error.message}`, null)

const badName = (path: string): Problem =>
  problemAt(
    path,
    'bad-file-name',
    `the file name ${JSON.stringify(path)} does not do`,
    'use letters, digits, dots and hyphens',
  )

const noDirectory = (directory: string, error: Error): Problem =>
  problemAt(
    '',
    'no-policy-directory',
    `the policy directory ${directory} cannot be read: ${error.message}`,
    'make it, or name another one with --policies',
  )

const problemAt = (file: string, rule: string, message: string, hint: string | null): Problem => ({
  severity: 'error',
  rule,
  at: { file, line: 1, column: 1 },
  path: '',
  message,
  hint,
})
