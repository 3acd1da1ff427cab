import type { Command } from 'commander'
import { parseAddress } from '../../domain/address.ts'
import type { GeoDescription } from '../../ports/geo-locator.ts'
import { CommandFailure, EXIT, type Io } from '../io.ts'
import { openGeoData, readSettings } from '../open.ts'

export function defineGeo(program: Command, io: Io): void {
  program
    .command('geo')
    .argument('[address...]', 'IPv4 or IPv6 addresses')
    .description('where the geo database places an address, and which database that is')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  nearcast geo 81.2.69.142 2a01:4f8::1\n  nearcast geo            # the database alone',
    )
    .action((addresses: string[], options: { json?: boolean }, command: Command) =>
      geo(addresses, options, command, io),
    )
}

async function geo(addresses: readonly string[], options: { readonly json?: boolean }, command: Command, io: Io) {
  const parsed = addresses.map((text) => {
    const address = parseAddress(text)
    if (address === null) throw new CommandFailure(`"${text}" is no IPv4 or IPv6 address`, EXIT.usage)
    return address
  })
  const { config } = await readSettings(command, io)
  const { info, locations, describe } = await openGeoData(config, io)
  const found = parsed.map((address, index) => ({ asked: addresses[index] ?? '', found: describe(address) }))
  if (options.json === true) {
    io.out(JSON.stringify({ database: { ...info, locations: locations.length }, addresses: found }, null, 2))
    return
  }
  for (const { asked, found: description } of found) io.out(descriptionText(asked, description, io))
  const built =
    info.builtAtMs === null ? 'of unknown date' : `of ${new Date(info.builtAtMs).toISOString().slice(0, 10)}`
  io.out(
    io.paint(
      'dim',
      `${info.name} ${built}, ${info.precision} precision, ${locations.length} location classes, ASNs: ${info.hasAsn ? 'yes' : 'no'}`,
    ),
  )
  for (const attribution of info.attributions) io.out(io.paint('dim', attribution))
}

function descriptionText(asked: string, found: GeoDescription | null, io: Io): string {
  if (found === null) return `${io.paint('bold', asked)}: nothing is known`
  const { location } = found
  const point = location.point === null ? null : `${location.point.lat.toFixed(2)}, ${location.point.lon.toFixed(2)}`
  const rows: (readonly [string, string | number | null])[] = [
    ['address', found.address === asked ? null : found.address],
    ['special purpose', found.specialPurpose],
    [
      'country',
      location.country === null ? 'none' : [location.country, location.subdivision].filter(Boolean).join('-'),
    ],
    ['continent', location.continent],
    ['city', found.city],
    [
      'point',
      point === null
        ? null
        : `${point} (${location.precision} precision, radius ${Math.round(location.radiusKm ?? 0)} km)`,
    ],
    ['ASN', found.asn],
    ['network', `/${found.prefixLength} (the widest that is wholly in this location class, no. ${found.locationId})`],
    ['source', found.source],
  ]
  const lines = rows.flatMap(([name, value]) => (value === null ? [] : [`  ${name.padEnd(16)} ${value}`]))
  return [io.paint('bold', asked), ...lines].join('\n')
}
