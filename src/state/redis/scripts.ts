import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Argument, Connection } from './connection.ts'

/** One Lua script: `lua/<name>.lua`, whose head says what its keys and arguments are. */
export interface Script {
  readonly text: string
  readonly sha: string
}

const NAMES = ['commit', 'set-override', 'clear-override'] as const

export type Scripts = Readonly<Record<(typeof NAMES)[number], Script>>

export function loadScripts(): Scripts {
  const load = (name: string): Script => {
    const text = readFileSync(new URL(`lua/${name}.lua`, import.meta.url), 'utf8')
    return { text, sha: createHash('sha1').update(text).digest('hex') }
  }
  return Object.fromEntries(NAMES.map((name) => [name, load(name)])) as unknown as Scripts
}

/** By its SHA-1, and whole when the server has not seen it since it was started (Redis, EVALSHA). */
export async function runScript(
  connection: Connection,
  script: Script,
  keys: readonly string[],
  args: readonly Argument[],
): Promise<unknown> {
  const rest = [keys.length, ...keys, ...args]
  try {
    return await connection.command('EVALSHA', script.sha, ...rest)
  } catch (error) {
    if (!(error as Error).message.startsWith('NOSCRIPT')) throw error
    return connection.command('EVAL', script.text, ...rest)
  }
}
