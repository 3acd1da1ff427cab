import type { Command } from 'commander'
import { explain, parseClient } from '../../app/explain.ts'
import { splitNetwork } from '../../app/explain-network.ts'
import { FRONT_ENDS } from '../../domain/client.ts'
import { plannedClient } from '../../steering/planned-client.ts'
import { CommandFailure, EXIT, type Io } from '../io.ts'
import { openFacts, openGeoData, openPolicies, parseTime, readSettings, serviceOf } from '../open.ts'
import { collect, collectList } from '../options.ts'
import { askedThrough, type RequestOptions } from './asked-through.ts'
import { explainDecision } from './explain-decision.ts'
import { explanationJson } from './explain-json.ts'
import { explanationText } from './explain-text.ts'
import type { ExplainView } from './explain-view.ts'

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
    .option('--down <glob>', 'take these endpoints to be down; several with commas or by repeating it', collectList)
    .option('--front-end <name>', `through ${FRONT_ENDS.join(', ')}`)
    .option('--header <name=value>', 'a request with this header, from a trusted proxy; may be repeated', collect)
    .option('--cookie <name=value>', 'a request with this cookie; may be repeated', collect)
    .option('--path <path>', 'a request for this path')
    .option('--host <host>', 'a request for this host; tells the tenant where the policy says so')
    .option('--tenant <id>', 'a request of this tenant, whatever else would tell it')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  nearcast explain api 81.2.69.142 41.1.0.0/16 BR\n  nearcast explain api --down frankfurt,tokyo DE\n  nearcast explain app DE --host acme.app.example\n  nearcast explain app BR --header x-tenant=globex --cookie seen=1\n  nearcast explain api:1:d:3f2:0:1a2b3c:zik0zj',
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
  const { set } = await openPolicies(config, geo, io)
  const policy = serviceOf(set, subject)
  const nowMs = parseTime(options.at, io)
  const facts = await openFacts(config, io, policy, nowMs, options.down ?? [])
  const { frontEnd, request, notes } = askedThrough(options, policy, set.tenants)
  const question = { policy, facts, nowMs }
  const views = clients.map((text): ExplainView => {
    const who = parseClient(text, geo, frontEnd, request)
    if (typeof who === 'string') throw new CommandFailure(who, EXIT.usage)
    const split = splitNetwork(question, who, geo)
    const shown = split?.parts[0]?.example ?? who
    const planned = plannedClient(policy, facts, geo, shown.client)
    return { of: 'client', explanation: explain(question, shown, null, who.client, planned), split, notes }
  })
  print(views, options, io)
}

function print(views: readonly ExplainView[], options: ExplainOptions, io: Io): void {
  if (options.json === true) {
    const documents = views.map(explanationJson)
    io.out(JSON.stringify(documents.length === 1 ? documents[0] : documents, null, 2))
  } else io.out(views.map((it) => explanationText(it, io)).join('\n\n'))
}
