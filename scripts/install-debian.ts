/** Programs that tests and benchmarks run beside Node, and the Debian packages that carry them. */
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const PACKAGE_OF = { dig: 'bind9-dnsutils', 'redis-server': 'redis-server' } as const satisfies Record<string, string>

export type Program = keyof typeof PACKAGE_OF
export const PROGRAMS = Object.keys(PACKAGE_OF) as Program[]

/** Whether an executable file of that name is on PATH. */
export function isOnPath(program: string, path = process.env.PATH ?? ''): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return folder !== ''
    } catch {
      return false
    }
  })
}

/** For a test's `skip` option: false when the program is there, else the reason. */
export function skipWithout(program: Program): string | false {
  if (isOnPath(program)) return false
  return `${program} is not installed (Debian package ${PACKAGE_OF[program]}); as root, npm test installs it`
}

/**
 * Installs what is missing, where that is possible: with apt-get, as root.
 * Returns one sentence for each program that is still missing; the tests that need it skip themselves.
 */
export function ensureDebian(programs: readonly Program[]): string[] {
  const missing = programs.filter((program) => !isOnPath(program))
  if (missing.length === 0) return []
  const packages = missing.map((program) => PACKAGE_OF[program])
  const obstacle = installQuietly(packages)
  if (obstacle === null) return []
  return missing.map(
    (program) => `${program} (Debian package ${PACKAGE_OF[program]}) is missing and was not installed: ${obstacle}`,
  )
}

/**
 * Installs those of these Debian packages that are missing, for a benchmark: servers among them are not started.
 * Returns why that did not go, or null.
 */
export function ensureDebianPackages(packages: readonly string[]): string | null {
  const missing = packages.filter((name) => !isInstalled(name))
  return missing.length === 0 ? null : installQuietly(missing)
}

/** Servers among them are not started: tests and benchmarks start their own. */
function installQuietly(packages: readonly string[]): string | null {
  const restore = keepServicesDown()
  try {
    return installWithApt(packages)
  } finally {
    restore()
  }
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: it is dpkg-query's own syntax
const STATUS_FORMAT = '--showformat=${db:Status-Status}'

function isInstalled(name: string): boolean {
  const run = spawnSync('dpkg-query', ['--show', STATUS_FORMAT, name], { encoding: 'utf8' })
  return run.status === 0 && run.stdout === 'installed'
}

const POLICY_FILE = '/usr/sbin/policy-rc.d'

/** Debian's invoke-rc.d asks this file whether a service may start; 101 forbids it. One that is there already stays. */
function keepServicesDown(): () => void {
  if (process.getuid?.() !== 0 || existsSync(POLICY_FILE)) return () => {}
  try {
    writeFileSync(POLICY_FILE, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  } catch {
    // Root of a container may not write there: a server that is started then is only in nobody's way.
    return () => {}
  }
  return () => rmSync(POLICY_FILE, { force: true })
}

function installWithApt(packages: readonly string[]): string | null {
  if (!isOnPath('apt-get')) return 'there is no apt-get here'
  if (process.getuid?.() !== 0) return `that takes root; run: sudo apt-get install ${packages.join(' ')}`
  const steps = [
    ['update', '--quiet'],
    ['install', '--yes', '--quiet', '--no-install-recommends', ...packages],
  ]
  for (const step of steps) {
    const run = spawnSync('apt-get', step, {
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
      timeout: 180_000,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
    if (run.status !== 0) {
      const last = run.stderr?.trim().split('\n').at(-1) ?? ''
      return `apt-get ${step[0]} failed: ${last || run.error?.message || `exit status ${run.status}`}`
    }
  }
  return null
}
