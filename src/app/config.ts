import type { z } from 'zod'
import { didYouMean } from '../policy/suggest.ts'
import { type FileSettings, type ReadFile, readConfigFile, readFileIfThere } from './config-file.ts'
import {
  type Config,
  flagOf,
  formatSetting,
  initialTextOf,
  SETTING_NAMES,
  SETTINGS,
  type SettingName,
  variableOf,
} from './config-settings.ts'
import { formatListenAddress } from './config-values.ts'

export type { Config, SettingName } from './config-settings.ts'
export type { ListenAddress } from './config-values.ts'

export const DEFAULT_CONFIG_FILE = 'nearcast.yaml'

/** Where each value came from: `flag --dns`, `NEARCAST_DNS`, `nearcast.yaml:3` or `default`. */
export type Origins = Readonly<Record<SettingName, string>>

export type LoadedConfig =
  | { readonly config: Config; readonly origins: Origins }
  /** All of them at once, one sentence each. */
  | { readonly problems: readonly string[] }

export interface ConfigSources {
  /** By setting name, or as the flag is called (`geoData` for `--geo-data`), and `config` for the path of the file; other keys are not looked at. */
  readonly flags: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly readFile?: ReadFile
}

/**
 * Settings from flags, `NEARCAST_…` variables and nearcast.yaml, the first of them that has one; then the default. Every
 * value given is checked, also one that a stronger source overrides.
 */
export function loadConfig({ flags, env, readFile = readFileIfThere }: ConfigSources): LoadedConfig {
  const file = readFileSettings(flags, env, readFile)
  const problems = [...unknownVariables(env), ...file.problems]
  const values: Partial<Record<SettingName, unknown>> = {}
  const origins: Partial<Record<SettingName, string>> = {}
  for (const name of SETTING_NAMES) {
    const given = givenFor(name, flags, env, file).map(({ raw, source, label }) => {
      const result = readValue(name, raw)
      if (!result.ok) problems.push(`${label} is ${result.found}, expected ${result.expected}`)
      return { source, value: result.ok ? result.value : undefined }
    })
    const first = given[0] ?? { source: 'default', value: SETTINGS[name].initial() }
    values[name] = first.value
    origins[name] = first.source
  }
  if (problems.length > 0) return { problems }
  const config = values as unknown as Config
  const together = [...sharedAddresses(config), ...missingCertificate(config)]
  return together.length > 0 ? { problems: together } : { config, origins: origins as Origins }
}

function readFileSettings(flags: ConfigSources['flags'], env: ConfigSources['env'], readFile: ReadFile): FileSettings {
  const none = (problem?: string): FileSettings => ({
    values: new Map(),
    problems: problem === undefined ? [] : [problem],
  })
  const [asked, label] =
    typeof flags.config === 'string'
      ? [flags.config, `flag ${flagOf('config')}`]
      : [env[variableOf('config')], variableOf('config')]
  const path = asked || DEFAULT_CONFIG_FILE
  try {
    const bytes = readFile(path)
    if (bytes !== null) return readConfigFile(path, bytes)
    return asked ? none(`${label} is ${JSON.stringify(path)}, and no such file is there`) : none()
  } catch (error) {
    return none(`${path} cannot be read: ${(error as Error).message}`)
  }
}

// What Kubernetes sets for a Service called nearcast or nearcast-…, and Docker for a link: not meant for us.
const FOREIGN =
  /^NEARCAST_(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)$/
const FOREIGN_VALUE = /^(?:tcp|udp|sctp):\/\//

function unknownVariables(env: ConfigSources['env']): string[] {
  const known = [...SETTING_NAMES.map(variableOf), variableOf('config')]
  return Object.entries(env)
    .filter(([name]) => name.startsWith('NEARCAST_') && !known.includes(name))
    .filter(([name, value]) => !FOREIGN.test(name) && !(name.endsWith('_PORT') && FOREIGN_VALUE.test(value ?? '')))
    .map(([name]) => `${name} is no variable of Nearcast; ${didYouMean(name, known)}`)
}

interface Given {
  readonly raw: unknown
  /** As `nearcast config` shows it. */
  readonly source: string
  /** As a problem begins. */
  readonly label: string
}

/** Strongest first. An empty variable is one that is not set. */
function givenFor(
  name: SettingName,
  flags: ConfigSources['flags'],
  env: ConfigSources['env'],
  file: FileSettings,
): Given[] {
  const [flag, variable, inFile] = [
    flags[name] ?? flags[SETTINGS[name].flag ?? name],
    env[variableOf(name)],
    file.values.get(name),
  ]
  const given: Given[] = []
  if (flag !== undefined) given.push({ raw: flag, source: `flag ${flagOf(name)}`, label: `flag ${flagOf(name)}` })
  if (variable) given.push({ raw: variable, source: variableOf(name), label: variableOf(name) })
  if (inFile !== undefined) {
    given.push({ ...inFile, label: `${inFile.source}: ${SETTINGS[name].path.join('.')}` })
  }
  return given
}

type ValueRead =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly found: string; readonly expected: string }

function readValue(name: SettingName, raw: unknown): ValueRead {
  const { takes, shape, secret } = SETTINGS[name]
  const show = secret === undefined ? showValue : () => 'a value that is not shown'
  const input = takes === 'one' ? textOf(raw) : listOf(raw)
  if (input === undefined)
    return { ok: false, found: show(raw), expected: takes === 'one' ? 'one value' : 'a list of values' }
  const result = (shape as z.ZodType<unknown>).safeParse(input)
  if (result.success) return { ok: true, value: result.data }
  const issue = result.error.issues[0]
  const item = typeof input === 'string' ? input : input[Number(issue?.path[0])]
  return { ok: false, found: show(item), expected: issue?.message ?? '' }
}

/** YAML may read a text as a number or a boolean. */
function textOf(raw: unknown): string | undefined {
  return typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'boolean' ? String(raw) : undefined
}

/** Commas separate in one text, and in each of several. */
function listOf(raw: unknown): string[] | undefined {
  const texts = (Array.isArray(raw) ? raw : [raw]).map(textOf)
  if (texts.some((text) => text === undefined)) return undefined
  return texts
    .flatMap((text = '') => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '')
}

function showValue(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

/** DNS listens on TCP too, so that no two of them can have one address. */
function sharedAddresses(config: Config): string[] {
  const fronts = (['dns', 'dot', 'doh', 'redirect', 'discovery', 'admin'] as const).map((name) => ({
    name,
    listen: config[name],
  }))
  return fronts.flatMap(({ name, listen }, index) => {
    if (listen === null || listen.port === 0) return []
    const twin = fronts
      .slice(0, index)
      .find((other) => formatListenAddress(other.listen) === formatListenAddress(listen))
    if (twin === undefined) return []
    return [
      `${flagOf(twin.name)} and ${flagOf(name)} are both ${formatListenAddress(listen)}, expected one address for each`,
    ]
  })
}

function missingCertificate(config: Config): string[] {
  const files = (['dnsTlsCert', 'dnsTlsKey'] as const).filter((name) => config[name] === null)
  const fronts = (['dot', 'doh'] as const).filter((name) => config[name] !== null)
  // One without the other is a slip, whether it is used or not.
  const users = fronts.length > 0 ? fronts.map(flagOf).join(' and ') : 'A certificate'
  if (files.length === 0 || (fronts.length === 0 && files.length === 2)) return []
  return files.map(
    (name) =>
      `${users} cannot do without ${flagOf(name)} (${SETTINGS[name].path.join('.')}), which is none, expected a file`,
  )
}

export interface ConfigRow {
  readonly name: SettingName
  readonly value: string
  readonly origin: string
}

/** What is in force and where it came from, one row a setting, for `nearcast config`. */
export function describeConfig(config: Config, origins: Origins): readonly ConfigRow[] {
  return SETTING_NAMES.map((name) => ({ name, value: formatSetting(name, config[name]), origin: origins[name] }))
}

export interface FlagDefinition {
  /** `--dns <host:port|off>` */
  readonly syntax: string
  readonly help: string
  /** A list may be given in one flag, separated by commas, or in several. */
  readonly takes: 'one' | 'list'
}

/** The flags of all settings, for the command line; their values go to {@link loadConfig} as they are. */
export function configFlags(): readonly FlagDefinition[] {
  const file = {
    syntax: `${flagOf('config')} <file>`,
    help: `file with settings (default: ${DEFAULT_CONFIG_FILE} if it is there; ${variableOf('config')})`,
    takes: 'one',
  } as const
  const rest = SETTING_NAMES.map((name) => ({
    syntax: `${flagOf(name)} ${SETTINGS[name].placeholder}`,
    help: `${SETTINGS[name].help} (default: ${initialTextOf(name)}; ${variableOf(name)})`,
    takes: SETTINGS[name].takes,
  }))
  return [file, ...rest]
}

/** The table of docs/configuration.md. */
export function composeSettingsTable(): string {
  const rows = SETTING_NAMES.map((name) => {
    const { path, help } = SETTINGS[name]
    const cells = [`\`${path.join('.')}\``, `\`${flagOf(name)}\``, `\`${variableOf(name)}\``, initialTextOf(name), help]
    return `| ${cells.join(' | ')} |`
  })
  return ['| nearcast.yaml | flag | variable | default | what it is |', '|---|---|---|---|---|', ...rows].join('\n')
}
