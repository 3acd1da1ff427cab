import type { Command } from 'commander'
import { askAdmin } from '../../app/ask-admin.ts'
import { formatListenAddress } from '../../app/config-values.ts'
import type { EndpointHealth, HealthEvent } from '../../domain/health.ts'
import type { StatusDocument } from '../../http/admin/status.ts'
import { CommandFailure, type Io } from '../io.ts'
import { readSettings } from '../open.ts'
import { counted } from '../options.ts'
import { eventsText, healthText, nodeText, outText } from './status-text.ts'

interface StatusOptions {
  readonly events?: boolean
  readonly probes?: boolean
  readonly json?: boolean
}

const AFTERWORD = `
It asks the admin port of the running node (listen.admin).

Examples:
  nearcast status
  nearcast status api --probes
  nearcast status --events
  nearcast status --json | jq '.health[] | select(.health == "down")'`

export function defineStatus(program: Command, io: Io): void {
  program
    .command('status')
    .argument('[service]', 'of this service only')
    .description('what the running node believes of its endpoints: health, since when, last probes, load, overrides')
    .option('--probes', 'every check at every address, with its last probes')
    .option('--events', 'the changes of health, newest last')
    .option('--json', 'print JSON')
    .addHelpText('after', AFTERWORD)
    .action((service: string | undefined, options: StatusOptions, command: Command) =>
      status(service, options, command, io),
    )
}

async function status(service: string | undefined, options: StatusOptions, command: Command, io: Io): Promise<void> {
  const { config } = await readSettings(command, io)
  const [node, health, log] = (await Promise.all(
    ['/v1/status', '/v1/health', '/v1/events'].map((path) => askAdmin(config.admin, path)),
  )) as [
    StatusDocument | null,
    { endpoints: readonly EndpointHealth[] } | null,
    { events: readonly HealthEvent[] } | null,
  ]
  if (node === null || health === null || log === null) {
    const where =
      config.admin === null ? 'listen.admin is off' : `nobody answers at ${formatListenAddress(config.admin)}`
    throw new CommandFailure(`${where}: there is no running node to ask. Name its admin port with --admin.`)
  }
  const services = node.services.map((it) => it.service)
  if (service !== undefined && !services.includes(service)) {
    throw new CommandFailure(`the node has no service "${service}"; it has ${services.join(', ') || 'none'}`)
  }
  const isAsked = (it: { readonly service: string }): boolean => service === undefined || it.service === service
  const endpoints = health.endpoints.filter(isAsked)
  const events = log.events.filter(isAsked)
  if (options.json === true) {
    io.out(JSON.stringify(options.events === true ? { node, events } : { node, health: endpoints }, null, 2))
    return
  }
  const nowMs = io.nowMs()
  if (options.events === true) {
    io.out(events.length === 0 ? 'no health has changed since the node started' : eventsText(events, io))
    return
  }
  const overrides = new Map(
    node.services.flatMap((it) =>
      it.endpoints.map((endpoint) => [`${it.service}/${endpoint.endpoint}`, endpoint.override] as const),
    ),
  )
  io.out(nodeText(node, io))
  io.out(healthText(endpoints, overrides, { nowMs, detail: options.probes === true ? 'probes' : 'endpoints' }, io))
  const down = endpoints.filter((it) => it.health === 'down')
  for (const line of outText(node, service)) io.out(line)
  if (down.length > 0) io.say(`${counted(down.length, 'endpoint')} down: ${down.map(nameOf).join(', ')}`)
}

const nameOf = ({ service, endpoint }: EndpointHealth): string => `${service}/${endpoint}`
