import * as z from 'zod'
import type { Endpoint } from '../../domain/endpoint.ts'
import {
  MISSING_FAMILY,
  type OnAllDown,
  type Policy,
  type PolicyTest,
  type Step,
  type TenantSource,
} from '../../domain/policy.ts'
import { checkShape } from '../checks/read-check.ts'
import { readChecks } from '../checks/read-checks.ts'
import { type Cursor, isMapping, nameOf, show } from '../cursor.ts'
import { MAX_CHECKS, MAX_ENDPOINTS, MAX_STEPS } from '../limits.ts'
import { read, readFields } from '../read.ts'
import type { ServiceScope, SharedNames } from '../service-scope.ts'
import { oneOrMore, something, whole } from '../shape/fault.ts'
import { httpsShape } from '../shape/https.ts'
import { id, idKey } from '../shape/ids.ts'
import { dnsName, hostPattern } from '../shape/names.ts'
import { ttl } from '../shape/units.ts'
import { headerName } from '../shape/web.ts'
import { readStep, stepShape } from '../steps/read-step.ts'
import { didYouMean } from '../suggest.ts'
import { checkTarget, checkTwice, endpointShape, readEndpoint, targetFields } from './endpoint.ts'
import { readTest, testShape } from './policy-test.ts'

const tenantSource = z
  .union([z.enum(['host', 'path']), z.strictObject({ header: headerName })])
  .transform(
    (source): TenantSource => (typeof source === 'string' ? { from: source } : { from: 'header', name: source.header }),
  )

const STATUS_PHRASE = '302, 303, 307 or 308'

/** What is read as one piece; endpoints, checks, steps and tests are read one by one. */
const frame = z.strictObject({
  $schema: z.string().optional(),
  service: id.meta({ description: 'Name of the service.' }),
  names: z
    .strictObject({
      dns: oneOrMore(dnsName).optional().meta({ description: 'Names that DNS answers for.' }),
      http: oneOrMore(hostPattern).optional().meta({ description: 'Hosts that the redirector answers for.' }),
      discovery: z
        .union([id, z.literal(false)])
        .optional()
        .meta({ description: 'Name in the discovery API; defaults to the service id, `false` keeps it out.' }),
    })
    .prefault({})
    .meta({ description: 'By what the service is asked for.' }),
  ttl: ttl.prefault('30s'),
  https: httpsShape.optional(),
  missingFamily: z.enum(MISSING_FAMILY).prefault('nodata').meta({
    description:
      'What DNS answers where the chosen endpoint has no address of the family asked for: an empty answer, or the addresses of the next endpoint in its list that has some.',
  }),
  minInService: whole(0, MAX_ENDPOINTS).prefault(1).meta({
    description: 'Overrides that would leave fewer endpoints in service are refused, unless they are forced.',
  }),
  redirect: z
    .strictObject({ status: z.literal([302, 303, 307, 308], STATUS_PHRASE).prefault(302) })
    .prefault({})
    .meta({ description: 'Redirects.' }),
  tenant: oneOrMore(tenantSource).optional().meta({
    description:
      'How a tenant is told from a request; the first that yields an id wins. `header` is believed from trusted proxies only.',
  }),
})

const staticTarget = z.strictObject(targetFields)

const sections = {
  endpoints: z
    .record(idKey, endpointShape)
    .meta({ description: 'Endpoint id → endpoint.', minProperties: 1, maxProperties: MAX_ENDPOINTS }),
  checks: z
    .record(idKey, z.union([id.meta({ description: 'Name of a shared check.' }), checkShape]))
    .optional()
    .meta({ description: 'Check name → check, or the name of a shared one.', maxProperties: MAX_CHECKS }),
  steer: z.array(stepShape).max(MAX_STEPS).meta({ description: 'Steps, run from top to bottom.' }),
  onAllDown: z
    .union([z.enum(['lastResort', 'failClosed']), z.strictObject({ static: z.union([id, staticTarget]) })])
    .optional()
    .meta({
      description:
        'What is answered when nothing is left. `lastResort` (the default): the best that passes the hard fences, health ignored.',
    }),
  tests: z.array(testShape).optional().meta({ description: 'What the policy must answer.' }),
} as const

export const serviceShape = frame.extend(sections).meta({ title: 'Service', description: 'A service and its policy.' })

const loose = frame.extend({
  endpoints: something,
  checks: z.unknown().optional(),
  steer: something,
  onAllDown: z.unknown().optional(),
  tests: z.unknown().optional(),
})

/** A service's document → policy; undefined after reporting what is wrong. */
export function readService(cursor: Cursor, shared: SharedNames): Policy | undefined {
  const fields = readFields(cursor, loose)
  if (fields === undefined) return undefined
  const endpointCursors = mappingEntries(cursor, 'endpoints', MAX_ENDPOINTS)
  const checkCursors = mappingEntries(cursor, 'checks', MAX_CHECKS)
  const endpointsCursor = cursor.child('endpoints')
  if (isMapping(endpointsCursor.value) && endpointsCursor.entries().length === 0) {
    endpointsCursor.report({
      rule: 'no-endpoints',
      message: 'the service has no endpoints',
      hint: 'expected at least one',
      part: 'key',
    })
  }
  const scope: ServiceScope = {
    endpoints: new Map(endpointCursors.map(([name], index) => [name, index])),
    tags: new Set(
      endpointCursors.flatMap(([, endpoint]) =>
        endpoint
          .child('tags')
          .items()
          .map(({ value }) => value)
          .filter((tag) => typeof tag === 'string'),
      ),
    ),
    checks: new Set(checkCursors.map(([name]) => name)),
    sites: shared.sites,
  }
  const endpoints = endpointCursors.map(([name, endpoint], index) => readEndpoint(endpoint, name, index, scope))
  const checks = readChecks(checkCursors, shared.checks)
  const steps = listItems(cursor, 'steer', MAX_STEPS).map((step, index) => readStep(step, index, scope))
  const onAllDown = readOnAllDown(cursor.child('onAllDown'), scope)
  const tests = listItems(cursor, 'tests', Number.POSITIVE_INFINITY).map((test) => readTest(test, scope))
  const { service } = fields
  if (service === undefined) return undefined
  const { dns = [], http = [], discovery = service } = fields.names
  return {
    service,
    names: { dns, http, discovery: discovery === false ? null : discovery },
    ttlSeconds: fields.ttl,
    https: fields.https ?? null,
    missingFamily: fields.missingFamily,
    minInService: fields.minInService,
    redirect: fields.redirect,
    tenants: fields.tenant ?? [],
    endpoints: endpoints.filter((endpoint): endpoint is Endpoint => endpoint !== undefined),
    checks,
    steps: steps.filter((step): step is Step => step !== undefined),
    onAllDown,
    tests: tests.filter((test): test is PolicyTest => test !== undefined),
    at: cursor.child('service').keyAt(),
  }
}

/** Entries of a mapping of named things. Past the limit, it is told and none is read. */
function mappingEntries(cursor: Cursor, name: string, most: number): readonly (readonly [string, Cursor])[] {
  const section = cursor.child(name)
  if (section.value === undefined) return []
  if (!isMapping(section.value)) {
    section.report({
      rule: 'wrong-type',
      message: `${nameOf(section.path)} is ${show(section.value)}`,
      hint: 'expected a mapping of names',
    })
    return []
  }
  const entries = section.entries()
  if (entries.length > most) {
    section.report({
      rule: `too-many-${name}`,
      message: `the service has ${entries.length} ${name}`,
      hint: `expected at most ${most}`,
      part: 'key',
    })
    return []
  }
  for (const [key, entry] of entries) {
    const checked = idKey.safeParse(key)
    if (!checked.success)
      entry.report({
        rule: 'bad-id',
        message: `${JSON.stringify(key)} is no name`,
        hint: `expected ${checked.error.issues[0]?.message}`,
        part: 'key',
      })
  }
  return entries
}

function listItems(cursor: Cursor, name: string, most: number): readonly Cursor[] {
  const section = cursor.child(name)
  if (section.value === undefined) return []
  if (!Array.isArray(section.value)) {
    section.report({
      rule: 'wrong-type',
      message: `${nameOf(section.path)} is ${show(section.value)}`,
      hint: 'expected a list, each entry with a `-` in front',
    })
    return []
  }
  if (section.value.length > most) {
    section.report({
      rule: 'too-many-steps',
      message: `the policy has ${section.value.length} steps`,
      hint: `expected at most ${most}`,
      part: 'key',
    })
    return []
  }
  return section.items()
}

const onAllDownFrame = z.union([z.enum(['lastResort', 'failClosed']), z.strictObject({ static: z.unknown() })])

function readOnAllDown(cursor: Cursor, scope: ServiceScope): OnAllDown {
  const lastResort: OnAllDown = { mode: 'lastResort' }
  if (cursor.value === undefined) return lastResort
  const found = read(cursor, onAllDownFrame)
  if (found === undefined) return lastResort
  if (typeof found === 'string') return { mode: found }
  const target = cursor.child('static')
  if (typeof target.value === 'string') {
    const endpoint = scope.endpoints.get(target.value)
    if (endpoint !== undefined) return { mode: 'static', endpoint }
    target.report({
      rule: 'unknown-endpoint',
      message: `there is no endpoint \`${target.value}\``,
      hint: didYouMean(target.value, scope.endpoints.keys()),
    })
    return lastResort
  }
  const fields = readFields(target, staticTarget)
  if (fields === undefined) return lastResort
  checkTarget(target, '`static`')
  const { a = [], aaaa = [], hostname, url } = fields
  checkTwice(target.child('a'), a)
  checkTwice(target.child('aaaa'), aaaa)
  return { mode: 'static', target: { a, aaaa, hostname, url } }
}
