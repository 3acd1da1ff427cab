/** Runs generator.c, and compiles it and echo.c. */

import { execFile, execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** How many queries are outstanding when a responder is driven as fast as it goes. */
export const WINDOW = 128

/** What one run of the generator came to. */
export interface Outcome {
  readonly seconds: number
  readonly sent: number
  readonly answered: number
  /** No answer within half a second. */
  readonly lost: number
  /** Answers without NOERROR or without an answer record. */
  readonly bad: number
  /** Answers that came when nobody waited for them any more, or to another question. */
  readonly late: number
  /** By how much the timetable was put off, because others had the generator's core. */
  readonly slippedMs: number
  readonly p50Us: number
  readonly p99Us: number
}

export interface Generator {
  /** As fast as the responder answers. */
  closed(port: number, queries: string, seconds: number): Promise<Outcome>
  /** On a timetable of so many queries a second, whether they are answered or not. */
  paced(port: number, queries: string, seconds: number, perSecond: number): Promise<Outcome>
  /** Each query once. `sites` has, for each, the last octet of the address in its answer, or 0. */
  check(port: number, queries: string): Promise<{ readonly outcome: Outcome; readonly sites: Buffer }>
}

/** Compiles a C file of this folder with gcc into `folder`; returns the program's path. */
export function compileC(name: 'generator' | 'echo', folder: string): string {
  const program = join(folder, name)
  const source = fileURLToPath(new URL(`${name}.c`, import.meta.url))
  execFileSync('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', program, source], { stdio: 'inherit' })
  return program
}

export function createGenerator(program: string, folder: string, signal: AbortSignal): Generator {
  const run = async (...args: readonly (string | number)[]): Promise<Outcome> => {
    const { stdout } = await promisify(execFile)(program, args.map(String), { signal })
    return JSON.parse(stdout)
  }
  return {
    closed: (port, queries, seconds) => run(port, queries, 'closed', seconds, WINDOW),
    paced: (port, queries, seconds, perSecond) => run(port, queries, 'paced', seconds, perSecond),
    async check(port, queries) {
      const path = join(folder, 'sites')
      const outcome = await run(port, queries, 'check', path)
      return { outcome, sites: readFileSync(path) }
    },
  }
}
