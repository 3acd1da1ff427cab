import { Command, Help, Option } from 'commander'
import { configFlags } from '../app/config.ts'
import { defineCheck } from './commands/check.ts'
import { defineConfig } from './commands/config.ts'
import { defineDig } from './commands/dig.ts'
import { defineExplain } from './commands/explain.ts'
import { defineGeo } from './commands/geo.ts'
import { defineOverride } from './commands/override.ts'
import { defineServe } from './commands/serve.ts'
import { defineShare } from './commands/share.ts'
import { defineStatus } from './commands/status.ts'
import type { Io } from './io.ts'
import { collect } from './options.ts'
import { VERSION } from './version.ts'

const COMMANDS = [
  defineServe,
  defineCheck,
  defineExplain,
  defineDig,
  defineShare,
  defineGeo,
  defineStatus,
  defineOverride,
  defineConfig,
]

const INTRODUCTION = `Application-layer anycast: sends every client to the best endpoint of a service, by name.
One policy engine behind GeoDNS, an HTTP redirector and a JSON discovery API.`

const EPILOGUE = `
Start here:
  nearcast serve                          run a node on the policies in ./policies
  nearcast check                          judge the policies, every problem at once
  nearcast explain api 81.2.69.142 DE     who gets what, and why
  nearcast dig api.geo.example            what DNS answers to the world, beside what it should
  nearcast status                         what the running node believes of its endpoints

Every setting can be a flag, a NEARCAST_… variable, or a line in nearcast.yaml; the first of them counts.
Exit codes: 0 done, 1 problems were found, 2 the command was not understood.`

/** The whole command line. */
export function createProgram(io: Io): Command {
  const program = new Command('nearcast')
    .description(INTRODUCTION)
    .version(VERSION)
    .configureHelp({ optionDescription })
    .addHelpText('after', EPILOGUE)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text.trimEnd()), writeErr: (text) => io.say(text.trimEnd()) })
    .showSuggestionAfterError()
  for (const { syntax, help, takes } of configFlags()) {
    const option = new Option(syntax, help)
    program.addOption(takes === 'list' ? option.argParser(collect) : option)
  }
  for (const define of COMMANDS) define(program, io)
  for (const command of program.commands) {
    for (const each of [command, ...command.commands]) {
      each.exitOverride().addHelpText('after', settingsLine(command.name()))
    }
  }
  return program
}

/** The settings that a command reads; `serve` reads them all. */
const READ: Readonly<Record<string, string>> = {
  check: '--config, --policies, --zone, --geo-data, --state',
  explain: '--config, --policies, --zone, --geo-data, --state',
  dig: '--config, --dns, --dot, --admin, --policies, --zone, --geo-data, --state, --resolvers',
  share: '--config, --policies, --zone, --geo-data, --state',
  geo: '--config, --geo-data, --state',
  status: '--config, --admin',
  override: '--config, --policies, --state',
}

const settingsLine = (name: string): string =>
  `\nSettings: ${READ[name] ?? 'all of them'}; nearcast --help says what they are.`

const optionDescription = (option: Option): string =>
  new Help().optionDescription(option) + (option.mandatory ? ' (required)' : '')
