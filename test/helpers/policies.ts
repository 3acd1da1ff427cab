import { parseAddress } from '../../src/domain/address.ts'
import type { Endpoint } from '../../src/domain/endpoint.ts'
import type { Policy, SourcePosition, Step, StepAction } from '../../src/domain/policy.ts'
import type { PolicySet } from '../../src/domain/policy-set.ts'
import type { Problem } from '../../src/domain/problem.ts'
import { loadDocuments } from '../../src/policy/load.ts'

/** Policies for tests: from YAML by the real loader, or built by hand where a document could not say it. */

const AT: SourcePosition = { file: 'test.yaml', line: 1, column: 1 }

/** The set of these documents, file name → text. Throws with all problems when the loader refuses them. */
export function loadSet(documents: Readonly<Record<string, string>>): PolicySet {
  const { set, problems } = loadDocuments(Object.entries(documents).map(([path, text]) => ({ path, text })))
  if (set === null) throw new Error(problems.map(describeProblem).join('\n'))
  return set
}

export const describeProblem = ({ severity, rule, path, message }: Problem): string =>
  `${severity} ${rule} ${path}: ${message}`

export function makeEndpoint(id: string, index: number, given: Partial<Endpoint> = {}): Endpoint {
  const address = parseAddress(`192.0.2.${index + 1}`)
  if (address === null) throw new Error(`makeEndpoint: no address for index ${index}`)
  const nothing = { aaaa: [], hostname: null, url: null, capacity: null, tags: [], serves: null, asn: null, checks: [] }
  return { id, index, sites: [], a: [address], weight: 1, bias: 0, enabled: true, ...nothing, ...given }
}

export const makeStep = (index: number, action: StepAction, given: Partial<Step> = {}): Step =>
  ({ index, when: null, assume: null, because: null, at: AT, ...action, ...given }) as Step

export const makePolicy = (given: Partial<Policy> = {}): Policy => ({
  service: 'api',
  names: { dns: ['api.geo.example'], http: [], discovery: 'api' },
  ttlSeconds: 30,
  https: null,
  missingFamily: 'nodata',
  minInService: 1,
  redirect: { status: 302 },
  tenants: [],
  endpoints: [makeEndpoint('one', 0)],
  checks: [],
  steps: [makeStep(0, { kind: 'take', n: 1 })],
  onAllDown: { mode: 'lastResort' },
  tests: [],
  at: AT,
  ...given,
})

export const makeSet = (given: Partial<PolicySet> = {}): PolicySet => ({
  policies: [makePolicy()],
  zones: [],
  sites: new Map(),
  tenants: new Map(),
  ...given,
})
