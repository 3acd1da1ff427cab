import { userInfo } from 'node:os'
import type { Command } from 'commander'
import type { Config } from '../../app/config.ts'
import { askFacts, factsOfPolicy } from '../../app/known-facts.ts'
import { OVERRIDE_STATES, type Override, type OverrideState } from '../../domain/facts.ts'
import { overrideNames } from '../../domain/override.ts'
import type { PolicySet } from '../../domain/policy-set.ts'
import type { Revision } from '../../domain/revision.ts'
import { breaksMinimum, type OverrideEffect, overrideEffects } from '../../policy/in-service.ts'
import { loadDocuments } from '../../policy/load.ts'
import type { Store } from '../../ports/store.ts'
import { CommandFailure, EXIT, type Io } from '../io.ts'
import { openStore, readSettings } from '../open.ts'
import { counted } from '../options.ts'
import { formatTable } from '../table.ts'

const DEFAULT_HOURS = 4

const AFTERWORD = `
Targets are service/endpoint, service/site:ID or service/tag:ID; each part may be a glob. Later ones win; obey lifts a wider one.
What would leave fewer endpoints of a service in service than its policy's minInService (1 when it says nothing) is refused.

Examples:
  nearcast override set api/frankfurt drain --for 2h --reason "kernel update"
  nearcast override set "*/site:fra" down --reason "power cut"
  nearcast override list
  nearcast override clear api/frankfurt`

export function defineOverride(program: Command, io: Io): void {
  const override = program
    .command('override')
    .description("an operator's word over health: up, down, drain or obey, with an end")
    .addHelpText('after', AFTERWORD)
  override
    .command('set')
    .argument('<target>', 'service/endpoint, service/site:ID or service/tag:ID, globs allowed')
    .argument('<state>', OVERRIDE_STATES.join(', '))
    .requiredOption('--reason <text>', 'why; shown in every trace')
    .option('--for <duration>', 'how long: 30m, 4h, 2d, or ever', `${DEFAULT_HOURS}h`)
    .option('--owner <name>', 'who says so', userInfo().username)
    .option('--force', "even where it leaves fewer endpoints in service than the policy's `minInService`")
    .description('set an override')
    .action((target: string, state: string, options: SetOptions, command: Command) =>
      set(wholeTarget(target), state, options, command, io),
    )
  override
    .command('list')
    .description('list the overrides in force')
    .option('--json', 'print JSON')
    .action((options: { json?: boolean }, command: Command) => list(options, command, io))
  override
    .command('clear')
    .argument('<target>', 'as it was set')
    .description('clear an override')
    .action((target: string, _options: unknown, command: Command) => clear(wholeTarget(target), command, io))
}

/** A service alone stands for all of its endpoints. */
const wholeTarget = (target: string): string => (target.includes('/') ? target : `${target}/*`)

interface SetOptions {
  readonly reason: string
  readonly for: string
  readonly owner: string
  readonly force?: boolean
}

async function set(target: string, state: string, options: SetOptions, command: Command, io: Io): Promise<void> {
  const known = OVERRIDE_STATES.find((it) => it === state)
  if (known === undefined) {
    throw new CommandFailure(
      `"${state}" is no override; it is one of ${OVERRIDE_STATES.join(', ')}. Nothing was set.`,
      EXIT.usage,
    )
  }
  const { config } = await readSettings(command, io)
  const override = composeOverride(target, known, options, io.nowMs())
  const store = await openStore(config, io)
  try {
    const { revision, set: policies } = await inForce(store, config)
    const named = policies.policies.flatMap(({ service, endpoints }) =>
      endpoints.filter((it) => overrideNames(target, service, it)).map(({ id }) => `${service}/${id}`),
    )
    if (named.length === 0) {
      throw new CommandFailure(`"${target}" names no endpoint of revision ${revision.number}. Nothing was set.`)
    }
    const effects = await effectsOf(override, policies, store, config, io)
    refuseBroken(effects, options)
    await store.setOverride(override)
    io.out(`${known}: ${named.join(', ')}, ${untilText(override)}, on revision ${revision.number} in ${config.state}`)
    for (const effect of effects) io.out(`  ${effectText(effect)}`)
  } finally {
    await store.close()
  }
}

async function effectsOf(
  override: Override,
  { policies }: PolicySet,
  store: Store,
  config: Config,
  io: Io,
): Promise<readonly OverrideEffect[]> {
  const nowMs = io.nowMs()
  const known = await askFacts(config, store, nowMs)
  return overrideEffects(policies, await store.overrides(nowMs), override, (policy, overrides) =>
    factsOfPolicy(known, policy, overrides, nowMs),
  )
}

function refuseBroken(effects: readonly OverrideEffect[], { force }: SetOptions): void {
  const broken = effects.filter(breaksMinimum)
  if (broken.length === 0 || force === true) return
  const lines = broken.map((effect) => `${effectText(effect)}; its minInService is ${effect.minimum}`)
  throw new CommandFailure(`${lines.join('\n')}\nNothing was set; --force sets it all the same.`)
}

const effectText = ({ service, before, after }: OverrideEffect): string =>
  `${service} has ${counted(after.length, 'endpoint')} in service (${after.join(', ') || 'none'}), before: ${before.length}`

/** The policies that the nodes of this state directory serve: what stands in the policy directory may have errors meanwhile. */
async function inForce(store: Store, config: Config): Promise<{ revision: Revision; set: PolicySet }> {
  const revision = await store.head()
  const { set } = loadDocuments(revision?.documents ?? [])
  if (revision === null || set === null) {
    throw new CommandFailure(
      `no node has served from the state directory ${config.state} yet; name that of the running node with --state. Nothing was set.`,
    )
  }
  return { revision, set }
}

function composeOverride(target: string, state: OverrideState, options: SetOptions, nowMs: number): Override {
  const { owner, reason } = options
  for (const [flag, text] of [
    ['--owner', owner],
    ['--reason', reason],
  ] as const) {
    if (!PRINTABLE.test(text)) {
      throw new CommandFailure(
        `${flag} may have 1 to 200 characters, none of them a control character. Nothing was set.`,
        EXIT.usage,
      )
    }
  }
  return { target, state, owner, reason, setAtMs: nowMs, expiresAtMs: endOf(options.for, nowMs) }
}

const PRINTABLE = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,200}$/u
/** Longer than a year is `ever`, and should be said so. */
const LONGEST_MS = 366 * 86_400_000

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

function endOf(duration: string, nowMs: number): number | null {
  if (duration === 'ever') return null
  const match = /^(\d{1,6})([smhd])$/.exec(duration)
  if (match === null || Number(match[1]) === 0) {
    throw new CommandFailure(`--for ${duration} is no duration: 30m, 4h, 2d, or ever. Nothing was set.`, EXIT.usage)
  }
  const durationMs = Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS]
  if (durationMs > LONGEST_MS)
    throw new CommandFailure(`--for ${duration} is more than a year; write --for ever. Nothing was set.`, EXIT.usage)
  return nowMs + durationMs
}

const untilText = ({ expiresAtMs }: Override): string =>
  expiresAtMs === null ? 'without an end' : `until ${new Date(expiresAtMs).toISOString()}`

async function list(options: { readonly json?: boolean }, command: Command, io: Io): Promise<void> {
  const { config } = await readSettings(command, io)
  const store = await openStore(config, io)
  try {
    const overrides = await store.overrides(io.nowMs())
    if (options.json === true) io.out(JSON.stringify(overrides, null, 2))
    else if (overrides.length === 0) io.out('no overrides are in force')
    else io.out(formatTable(['target', 'state', 'owner', 'reason', 'until'], overrides.map(row), 'lllll'))
  } finally {
    await store.close()
  }
}

const row = (it: Override): string[] => [
  it.target,
  it.state,
  it.owner,
  it.reason,
  it.expiresAtMs === null ? 'ever' : new Date(it.expiresAtMs).toISOString(),
]

async function clear(target: string, command: Command, io: Io): Promise<void> {
  const { config } = await readSettings(command, io)
  const store = await openStore(config, io)
  try {
    if (!(await store.clearOverride(target)))
      throw new CommandFailure(`there is no override with the target "${target}". Nothing was cleared.`)
    io.out(`cleared: ${target}`)
  } finally {
    await store.close()
  }
}
