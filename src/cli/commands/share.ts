import type { Command } from 'commander'
import { COUNTRIES } from '../../domain/countries.ts'
import type { Policy } from '../../domain/policy.ts'
import { type AddressShares, addressShares, type FamilyShares } from '../../steering/address-share.ts'
import { CommandFailure, EXIT, type Io } from '../io.ts'
import { openSnapshot, readSettings } from '../open.ts'
import { collectList } from '../options.ts'
import { formatTable, percent } from '../table.ts'

export function defineShare(program: Command, io: Io): void {
  program
    .command('share')
    .argument('<service>', 'a service of the policies')
    .description(
      'which share of the routed address space, and of each country, every endpoint gets: a sum, not a sample',
    )
    .option('--down <glob>', 'take these endpoints to be down; several with commas or by repeating it', collectList)
    .option('--at <time>', 'at this time (ISO 8601), instead of now')
    .option('--countries <n>', 'list so many countries, the largest first', '12')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  nearcast share api\n  nearcast share api --down frankfurt --countries 40')
    .action((service: string, options: ShareOptions, command: Command) => share(service, options, command, io))
}

interface ShareOptions {
  readonly down?: readonly string[]
  readonly at?: string
  readonly countries: string
  readonly json?: boolean
}

async function share(service: string, options: ShareOptions, command: Command, io: Io): Promise<void> {
  const count = Number(options.countries)
  if (!Number.isInteger(count) || count < 0)
    throw new CommandFailure(`--countries ${options.countries} is no whole number`, EXIT.usage)
  const { config } = await readSettings(command, io)
  const snapshot = await openSnapshot(config, io, { service, down: options.down ?? [], at: options.at })
  const steered = snapshot.services.get(service)
  if (steered === undefined) throw new CommandFailure(`no service ${service}`)
  const { policy, map } = steered
  const result = addressShares(map, snapshot.geo, policy.endpoints.length)
  io.out(options.json === true ? JSON.stringify(asJson(result, policy), null, 2) : shareText(result, policy, count, io))
}

function shareText(result: AddressShares, policy: Policy, count: number, io: Io): string {
  const countriesFirst = (endpoint: number) =>
    [...result.ipv4.countries].filter(([code, { endpoints }]) => code !== '' && (endpoints[endpoint] ?? 0) > 0.5).length
  const rows = policy.endpoints.map(({ id, index }) => [
    id,
    percent(result.ipv4.endpoints[index] ?? 0),
    percent(result.ipv6.endpoints[index] ?? 0),
    String(countriesFirst(index)),
  ])
  const unanswered = (shares: FamilyShares) => percent(rest(shares.endpoints))
  const endpoints = formatTable(
    ['endpoint', 'IPv4', 'IPv6', 'countries'],
    [...rows, [io.paint('dim', 'no answer'), unanswered(result.ipv4), unanswered(result.ipv6), '']],
    'lrrr',
  )
  const largest = [...result.ipv4.countries]
    .filter(([code]) => code !== '')
    .sort(([, a], [, b]) => b.ofSpace - a.ofSpace)
    .slice(0, count)
    .map(([code, entry]) => [
      COUNTRIES.get(code)?.name ?? code,
      percent(entry.ofSpace),
      policy.endpoints
        .filter(({ index }) => (entry.endpoints[index] ?? 0) > 0.0005)
        .sort((a, b) => (entry.endpoints[b.index] ?? 0) - (entry.endpoints[a.index] ?? 0))
        .map(({ id, index }) => `${id} ${percent(entry.endpoints[index] ?? 0)}`)
        .join(', '),
    ])
  const head = io.paint('bold', `${policy.service}: share of the routed address space`)
  const counted = io.paint('dim', 'countries: those in which the endpoint gets more than half of the IPv4 addresses')
  return [
    head,
    endpoints,
    counted,
    ...(largest.length === 0 ? [] : ['', formatTable(['country', 'of IPv4', 'goes to'], largest, 'lrl')]),
  ].join('\n')
}

/** What is missing to all, beyond what sums of doubles lose. */
function rest(shares: Float64Array): number {
  const missing = 1 - shares.reduce((sum, it) => sum + it, 0)
  return missing < 1e-9 ? 0 : missing
}

function asJson(result: AddressShares, policy: Policy) {
  const named = (shares: Float64Array) =>
    Object.fromEntries(policy.endpoints.map(({ id, index }) => [id, shares[index] ?? 0]))
  const family = ({ endpoints, countries }: FamilyShares) => ({
    endpoints: named(endpoints),
    countries: Object.fromEntries(
      [...countries].map(([code, entry]) => [
        code === '' ? 'none' : code,
        { ofSpace: entry.ofSpace, endpoints: named(entry.endpoints) },
      ]),
    ),
  })
  return { service: policy.service, ipv4: family(result.ipv4), ipv6: family(result.ipv6) }
}
