import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestFolders } from './node.ts'

export const NEARCAST = fileURLToPath(new URL('../../bin/nearcast.js', import.meta.url))

export interface Run {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Settings that keep a command to its own folders. */
export const settingsOf = (folders: TestFolders): readonly string[] => [
  '--policies',
  folders.policies,
  '--state',
  folders.state,
  '--geo-data',
  join(folders.state, 'none'),
]

/** Runs one command to its end. */
export function nearcast(
  args: readonly string[],
  folders: TestFolders,
  env: Readonly<Record<string, string>> = {},
): Promise<Run> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [NEARCAST, ...args, ...settingsOf(folders)],
      { env: { PATH: process.env.PATH, NO_COLOR: '1', ...env }, cwd: folders.policies },
      (error, out, err) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    )
  })
}

/** Two endpoints, in Virginia and in Frankfurt; the nearest wins. */
export const GOOD_DOCUMENTS = {
  'sites.yaml': 'sites:\n  fra: { lat: 50.1, lon: 8.7, country: DE }\n  iad: { lat: 39, lon: -77.5, country: US }\n',
  'zone.yaml':
    'zone: geo.example\nsoa: { rname: hostmaster.geo.example }\nns: { ns1.geo.example: [192.0.2.53], ns2.geo.example: [198.51.100.53] }\n',
  'api.yaml': `service: api
names: { dns: [api.geo.example], http: [api.example], discovery: api }
endpoints:
  virginia: { site: iad, a: [192.0.2.10], url: 'https://us.example' }
  frankfurt: { site: fra, a: [192.0.2.20], url: 'https://eu.example' }
steer: [up, nearest]
`,
}
