import assert from 'node:assert/strict'
import {
  type Config,
  type ConfigSources,
  describeConfig,
  type LoadedConfig,
  loadConfig,
  type Origins,
  type SettingName,
} from '../../../src/app/config.ts'

/** The three sources, each empty when it is left out. */
export interface Given {
  readonly flags?: ConfigSources['flags']
  readonly env?: ConfigSources['env']
  /** Files by path. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
}

function load({ flags = {}, env = {}, files = {} }: Given): LoadedConfig {
  const readFile = (path: string): Uint8Array | null => {
    const content = Object.hasOwn(files, path) ? files[path] : undefined
    return content === undefined ? null : Buffer.from(content)
  }
  return loadConfig({ flags, env, readFile })
}

export function good(given: Given): { config: Config; origins: Origins } {
  const loaded = load(given)
  if ('problems' in loaded) assert.fail(loaded.problems.join('\n'))
  return loaded
}

export function problemsOf(given: Given): readonly string[] {
  const loaded = load(given)
  return 'problems' in loaded ? loaded.problems : []
}

export function shownOf(given: Given, name: SettingName): string | undefined {
  const { config, origins } = good(given)
  return describeConfig(config, origins).find((row) => row.name === name)?.value
}
