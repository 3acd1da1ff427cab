import type { Command } from 'commander'
import { type Explanation, explain, parseClient, withDown } from '../../app/explain.ts'
import { FRONT_ENDS } from '../../domain/client.ts'
import { CommandFailure, EXIT, type Io } from '../io.ts'
import { openFacts, openGeoData, openPolicies, parseTime, readSettings } from '../open.ts'
import { askedThrough, type RequestOptions } from './asked-through.ts'
import { explainDecision } from './explain-decision.ts'
import { explanationJson } from './explain-json.ts'
import { explanationText } from './explain-text.ts'

interface ExplainOptions extends RequestOptions {
  readonly at?: string
  readonly down?: readonly string[]
  readonly json?: boolean
}

export function defineExplain(program: Command, io: Io): void {
  program
    .command('explain')
    .argument('<service|decision>', 'a service, or a decision id from an answer')
    .argument('[client...]', 'addresses, networks, countries (DE) or parts of one (US-VA)')
    .description('which endpoint a client gets, and what every step of the policy had to do with it')
    .option('--at <time>', 'at this time (ISO 8601), instead of now')
    .option('--down <glob...>', 'take these endpoints to be down')
    .option('--front-end <name>', `through ${FRONT_ENDS.join(', ')}`)
    .option('--header <name=value...>', 'a request with this header')
    .option('--cookie <name=value...>', 'a request with this cookie')
    .option('--path <path>', 'a request for this path')
    .option('--host <host>', 'a request for this host')
    .option('--tenant <id>', 'a request of this tenant')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  nearcast explain api 81.2.69.142 41.1.0.0/16 BR\n  nearcast explain api DE --down frankfurt\n  nearcast explain canary 203.0.113.7 --header x-canary=always\n  nearcast explain api:1:d:3f2:0:1a2b3c:zik0zj',
    )
    .action((subject: string, clients: string[], options: ExplainOptions, command: Command) =>
      run(subject, clients, options, command, io),
    )
}

async function run(subject: string, clients: readonly string[], options: ExplainOptions, command: Command, io: Io) {
  const { config } = await readSettings(command, io)
  if (subject.includes(':')) {
    print([await explainDecision(subject, options, config, io)], options, io)
    return
  }
  if (clients.length === 0)
    throw new CommandFailure('name at least one client: an address, a network, or a country', EXIT.usage)
  const geo = await openGeoData(config, io)
  const { set } = await openPolicies(config, io)
  const policy = set.policies.find(({ service }) => service === subject)
  if (policy === undefined) {
    const known = set.policies.map(({ service }) => service).join(', ')
    throw new CommandFailure(`no service "${subject}"; there are: ${known}`)
  }
  const nowMs = parseTime(options.at, io)
  const facts = withDown(policy, await openFacts(config, io, set, policy.service, nowMs), options.down ?? [])
  const { frontEnd, request } = askedThrough(options, set.tenants)
  const explanations = clients.map((text) => {
    const who = parseClient(text, geo, frontEnd, request)
    if (typeof who === 'string') throw new CommandFailure(who, EXIT.usage)
    return explain({ policy, facts, nowMs }, who)
  })
  print(explanations, options, io)
}

function print(explanations: readonly Explanation[], options: ExplainOptions, io: Io): void {
  if (options.json === true) {
    const documents = explanations.map(explanationJson)
    io.out(JSON.stringify(documents.length === 1 ? documents[0] : documents, null, 2))
  } else io.out(explanations.map((it) => explanationText(it, io)).join('\n\n'))
}
