import type { CheckOf } from '../../src/monitor/checks/kind.ts'
import { BASE } from './probed-servers.ts'

/** A check by GET of `/healthz`, which any certificate satisfies. */
export const httpCheck = (given: Partial<CheckOf<'http'>>): CheckOf<'http'> => ({
  ...BASE,
  kind: 'http',
  method: 'GET',
  path: '/healthz',
  scheme: null,
  port: null,
  host: null,
  headers: [],
  expect: [200],
  body: null,
  tls: { serverName: null, verify: 'insecure', warnDays: 0 },
  redirects: 0,
  load: [],
  ...given,
})
