import { stat } from 'node:fs/promises'
import type { Command } from 'commander'
import { checkDocuments } from '../../app/check-documents.ts'
import { readPolicyDirectory } from '../../app/policy-directory.ts'
import { FRONT_ENDS } from '../../domain/client.ts'
import type { Policy } from '../../domain/policy.ts'
import type { PolicySet } from '../../domain/policy-set.ts'
import type { Problem } from '../../domain/problem.ts'
import { capabilities } from '../../policy/capability.ts'
import { describeCheck } from '../../policy/check-words.ts'
import { shownPath } from '../../policy/format-problem.ts'
import { formatProblem } from '../../policy/load.ts'
import { describeOnAllDown, describeStep } from '../../policy/words.ts'
import { CommandFailure, EXIT, type Io } from '../io.ts'
import { openGeoData, readSettings } from '../open.ts'
import { counted } from '../options.ts'
import { formatTable } from '../table.ts'

export function defineCheck(program: Command, io: Io): void {
  program
    .command('check')
    .argument('[directory]', 'policies to check, instead of the configured ones')
    .description('check all policies: every problem at once, and what each front end can honour')
    .option('--json', 'print the findings as JSON')
    .option('--quiet', 'print problems only')
    .addHelpText(
      'after',
      '\nExit code 0: may come into force (warnings included). 1: has errors.\n\nExamples:\n  nearcast check\n  nearcast check ./policies --json | jq .problems',
    )
    .action((directory: string | undefined, options: CheckOptions, command: Command) =>
      check(directory, options, command, io),
    )
}

interface CheckOptions {
  readonly json?: boolean
  readonly quiet?: boolean
}

async function check(directory: string | undefined, options: CheckOptions, command: Command, io: Io): Promise<void> {
  const { config } = await readSettings(command, io)
  const wanted = directory ?? config.policies
  await refuseFile(wanted)
  const source = await readPolicyDirectory(wanted, config.zones)
  const geo = await openGeoData(config, io)
  const checked = checkDocuments(source.documents, geo, io.nowMs())
  // Without a directory there is nothing of which more could be said.
  const isMissing = source.problems.some(({ rule }) => rule === 'no-policy-directory')
  const problems = isMissing ? source.problems : [...source.problems, ...checked.problems]
  const errors = problems.filter(({ severity }) => severity === 'error').length
  if (options.json === true) io.out(JSON.stringify(findings(checked.set, problems, errors), null, 2))
  else {
    for (const problem of problems) io.out(problemText(problem, io))
    if (checked.set !== null && options.quiet !== true) io.out(overview(checked.set, io))
    if (checked.judged === 'shape' && source.documents.length > 0) io.out(SHAPE_ONLY)
    io.out(summary(source.documents.length + unreadOf(source.problems), errors, problems.length - errors, io))
  }
  if (errors > 0) throw new CommandFailure('')
}

const SHAPE_ONLY = 'The rules and the tests of the policies were not run yet: they need documents without these errors.'

async function refuseFile(path: string): Promise<void> {
  if (path === '') throw new CommandFailure('the directory to check has an empty name', EXIT.usage)
  const isFile = await stat(path).then(
    (stats) => !stats.isDirectory(),
    () => false,
  )
  if (!isFile) return
  throw new CommandFailure(
    `${path} is a file: documents refer to one another, so check takes the directory that holds them all`,
    EXIT.usage,
  )
}

/** Files that could not be read are documents too; a missing directory is none. */
const unreadOf = (problems: readonly Problem[]): number =>
  new Set(problems.flatMap(({ at }) => (at.file === '' ? [] : [at.file]))).size

const problemText = (problem: Problem, io: Io): string =>
  io.paint(problem.severity === 'error' ? 'red' : 'yellow', formatProblem(problem))

function summary(documents: number, errors: number, warnings: number, io: Io): string {
  const counts = `${counted(documents, 'document')}: ${counted(errors, 'error')}, ${counted(warnings, 'warning')}`
  return errors === 0
    ? io.paint('green', `${counts}. These policies may come into force.`)
    : io.paint('red', `${counts}. Nothing of this would come into force.`)
}

/** Per service: what happens when all are down, and per step which front end honours it. */
function overview(set: PolicySet, io: Io): string {
  return [...set.policies.map((policy) => overviewOf(policy, io)), zonesText(set, io)]
    .map((text) => `${text}\n`)
    .join('\n')
}

/** Of more zones, those that matter are in the messages. */
const MOST_ZONES = 50

/** Where each zone comes from: the origin of a master file may have been guessed from its name. */
function zonesText({ zones }: PolicySet, io: Io): string {
  const records = zones.reduce((sum, zone) => sum + zone.records.length, 0)
  const title = `${io.paint('bold', counted(zones.length, 'zone'))}, ${counted(records, 'static record')}`
  if (zones.length > MOST_ZONES) return title
  const rows = zones.map(({ name, soa, records: own, at }) => [
    name,
    `${own.length}`,
    soa.serial === null ? 'of the revision' : `${soa.serial}`,
    shownPath(at.file),
  ])
  return [title, formatTable(['zone', 'records', 'serial', 'from'], rows, 'lrrl')].join('\n')
}

function overviewOf(policy: Policy, io: Io): string {
  const honours = capabilities(policy)
  const rows = policy.steps.map((step) => [
    `${step.index + 1}`,
    `${describeStep(step)}${'hard' in step && step.hard ? ' (hard)' : ''}`,
    ...FRONT_ENDS.map((frontEnd) => {
      const entry = honours.find((it) => it.step === step.index && it.frontEnd === frontEnd)
      return entry === undefined
        ? ''
        : HONOURS[entry.honours] + (entry.unseen.length === 0 ? '' : ` (${entry.unseen.join(', ')})`)
    }),
  ])
  const names = [...policy.names.dns, ...policy.names.http].join(', ')
  return [
    `${io.paint('bold', policy.service)}  ${names}`,
    formatTable(['', 'step', ...FRONT_ENDS], rows, 'rllll'),
    ...policy.checks.map((check) => `    check ${check.name}: ${describeCheck(check)}`),
    `    when all are down: ${describeOnAllDown(policy.onAllDown, policy)}`,
  ].join('\n')
}

const HONOURS = { yes: 'yes', no: 'no', assumedTrue: 'assumed true', assumedFalse: 'assumed false' } as const

function findings(set: PolicySet | null, problems: readonly Problem[], errors: number) {
  return {
    ok: errors === 0,
    problems,
    zones: (set?.zones ?? []).map(({ name, soa, records, at }) => ({
      zone: name,
      records: records.length,
      serial: soa.serial,
      from: shownPath(at.file),
    })),
    services: (set?.policies ?? []).map((policy) => ({
      service: policy.service,
      onAllDown: policy.onAllDown.mode,
      steps: capabilities(policy).map((entry) => ({ ...entry, kind: policy.steps[entry.step]?.kind })),
    })),
  }
}
