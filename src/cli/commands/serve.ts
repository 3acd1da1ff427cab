import { randomFillSync } from 'node:crypto'
import type { Command } from 'commander'
import type { Config } from '../../app/config.ts'
import { ListenFailure } from '../../app/listeners.ts'
import { createLogger } from '../../app/logger.ts'
import { type RunningNode, startNode } from '../../app/node.ts'
import { NoPolicies } from '../../app/policy-feed.ts'
import { GeoDataError } from '../../geo/geo-data-error.ts'
import { formatProblem } from '../../policy/load.ts'
import type { Schedule } from '../../ports/schedule.ts'
import { CommandFailure, type Io } from '../io.ts'
import { readSettings } from '../open.ts'
import { progressLine } from '../progress.ts'
import { VERSION } from '../version.ts'
import { bannerText } from './banner.ts'

export function defineServe(program: Command, io: Io): void {
  program
    .command('serve')
    .description('run a node: GeoDNS, redirect, discovery and admin')
    .addHelpText(
      'after',
      '\nSIGTERM and SIGINT stop it once the answers under way have left.\n\nExamples:\n  nearcast serve\n  nearcast serve --dns 0.0.0.0:53 --redirect off',
    )
    .action((_options: unknown, command: Command) => serve(command, io))
}

async function serve(command: Command, io: Io): Promise<void> {
  const startedAtMs = io.nowMs()
  const { config } = await readSettings(command, io)
  const log = createLogger(config.logLevel, logFormat(config, io))
  const progress = progressLine(io)
  const node = await startNode({
    config,
    log,
    version: VERSION,
    nowMs: io.nowMs,
    schedule,
    dice: createDice(),
    onProgress: progress.on,
  })
    .catch((error: unknown) => {
      throw startFailure(error)
    })
    .finally(() => progress.end())
  reportProblems(node, io)
  io.out(bannerText(node, config, io, io.nowMs() - startedAtMs))
  const signal = await stopSignal()
  log.info(`${signal}: stopping`)
  await node.close()
  log.info('stopped')
}

const logFormat = (config: Config, io: Io): 'pretty' | 'json' =>
  config.logFormat === 'auto' ? (io.isTerminal ? 'pretty' : 'json') : config.logFormat

/** Failures that a person can mend are told in their own words, others with a stack. */
function startFailure(error: unknown): unknown {
  if (error instanceof NoPolicies) {
    return new CommandFailure([...error.problems.map(formatProblem), error.message].join('\n'))
  }
  return error instanceof ListenFailure || error instanceof GeoDataError ? new CommandFailure(error.message) : error
}

function reportProblems(node: RunningNode, io: Io): void {
  for (const problem of node.problems) io.say(io.paint('yellow', formatProblem(problem)))
  if (node.refused === null) return
  for (const problem of node.refused) io.say(io.paint('red', formatProblem(problem)))
  io.say(
    io.paint(
      'red',
      `The policy directory has errors: revision ${node.snapshot().revision.number}, the last good one, is served instead.`,
    ),
  )
}

const schedule: Schedule = (task, delayMs) => {
  const timer = setTimeout(task, delayMs)
  timer.unref()
  return () => clearTimeout(timer)
}

/** Draws from the system's generator, fetched in blocks: an answer must not be foreseeable from those before it. */
function createDice(): () => number {
  const draws = new Uint32Array(1024)
  let next = draws.length
  return () => {
    if (next === draws.length) {
      randomFillSync(draws)
      next = 0
    }
    return draws[next++] as number
  }
}

function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal))
  })
}
