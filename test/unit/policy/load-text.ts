import assert from 'node:assert/strict'
import type { PolicySet } from '../../../src/domain/policy-set.ts'
import { formatProblem, loadDocuments } from '../../../src/policy/load.ts'

const SITES =
  'sites: { fra: { lat: 50, lon: 8, country: DE }, iad: { lat: 39, lon: -77, country: US, subdivision: US-VA } }'

/** The set of one good document beside two sites; what is wrong with it fails the test. */
export function loadText(text: string): PolicySet {
  const { set, problems } = loadDocuments([
    { path: 'sites.yaml', text: SITES },
    { path: 'x.yaml', text },
  ])
  assert(set !== null, problems.map(formatProblem).join('\n'))
  return set
}
