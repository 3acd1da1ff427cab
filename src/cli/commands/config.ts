import type { Command } from 'commander'
import { describeConfig } from '../../app/config.ts'
import { SETTINGS } from '../../app/config-settings.ts'
import type { Io } from '../io.ts'
import { readSettings } from '../open.ts'
import { formatTable } from '../table.ts'

export function defineConfig(program: Command, io: Io): void {
  program
    .command('config')
    .description('every setting in force, and where its value came from')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  nearcast config\n  NEARCAST_DNS=127.0.0.1:53 nearcast config --json')
    .action(async (options: { json?: boolean }, command: Command) => {
      const { config, origins } = await readSettings(command, io)
      const rows = describeConfig(config, origins).map((row) => ({ ...row, path: SETTINGS[row.name].path.join('.') }))
      if (options.json === true) {
        io.out(
          JSON.stringify(
            Object.fromEntries(rows.map(({ name, value, origin, path }) => [name, { value, origin, path }])),
            null,
            2,
          ),
        )
      } else {
        io.out(
          formatTable(
            ['in nearcast.yaml', 'value', 'from'],
            rows.map(({ path, value, origin }) => [path, value, origin]),
            'lll',
          ),
        )
      }
    })
}
