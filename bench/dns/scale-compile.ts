/** How long the main thread works on a change when there are many services and zones, and how long it does at a time. */

import { assembleFacts } from '../../src/app/facts.ts'
import { keepEqualDocuments } from '../../src/app/keep-equal-documents.ts'
import { createTableCompiler } from '../../src/dns/fastpath/compile-table.ts'
import { createZones } from '../../src/dns/zones.ts'
import type { Override } from '../../src/domain/facts.ts'
import type { PolicySet } from '../../src/domain/policy-set.ts'
import type { Turns } from '../../src/domain/turns.ts'
import { formatProblem, loadDocuments } from '../../src/policy/load.ts'
import { compileSteps } from '../../src/steering/compile.ts'
import type { Snapshot } from '../../src/steering/snapshot.ts'
import { fakeGeo } from '../../test/helpers/geo.ts'
import { serviceDocument, sitesDocument } from './scale-cases.ts'
import { ZONE } from './zone.ts'

const SERVICES = 1_000
const ENDPOINTS = 5
const ZONES = 5_000
const RECORDS = 10
const LARGE_ZONE_RECORDS = 10_000
const NOW_MS = Date.UTC(2026, 0, 1)

/** What is measured here does not hang on the database. */
const GEO = fakeGeo([
  { cidr: '5.0.0.0/8', country: 'JP', lat: 35.7, lon: 139.7 },
  { cidr: '6.0.0.0/8', country: 'DE', lat: 50.1, lon: 8.7 },
  { cidr: '2a00::/12', country: 'DE', lat: 50.1, lon: 8.7 },
])

const zoneDocument = (name: string, records: number): string =>
  `zone: ${name}\nsoa: { rname: hostmaster.${name} }\nns: { ns1.${ZONE}: [127.0.0.1] }\nrecords:\n${Array.from(
    { length: records },
    (_, index) => `  - { name: n${index}, type: A, value: 192.0.2.${index % 250} }\n`,
  ).join('')}`

function loadTexts(texts: readonly string[]): PolicySet {
  const { set, problems } = loadDocuments(texts.map((text, index) => ({ path: `${index}.yaml`, text })))
  if (set === null) throw new Error(problems.slice(0, 3).map(formatProblem).join('\n'))
  return set
}

/** All that makes snapshots and tables of one set after the other, and how long the last one took, and its longest turn. */
function createCompiler() {
  const zones = createZones()
  const compile = createTableCompiler([])
  let before: Snapshot | null = null
  let revision = 0
  function* turns(set: PolicySet, overrides: readonly Override[]): Turns<void> {
    const kept: PolicySet = before === null ? set : yield* keepEqualDocuments(set, before.set)
    const facts = assembleFacts({ policies: kept.policies, overrides }, NOW_MS, before?.facts ?? null)
    const number = kept.policies === before?.set.policies ? revision : ++revision
    const head = { number, digest: '', author: '', reason: '', atMs: NOW_MS }
    const parts = { revision: head, set: kept, facts, freshness: 'fresh', geo: GEO, nowMs: NOW_MS } as const
    const snapshot: Snapshot = yield* compileSteps(parts, before)
    yield* compile(snapshot, yield* zones.prepare(snapshot), NOW_MS)
    before = snapshot
  }
  return (set: PolicySet, overrides: readonly Override[] = []): string => timed(turns(set, overrides))
}

function timed(turns: Turns<void>): string {
  const startMs = performance.now()
  for (let longestMs = 0; ; ) {
    const beforeMs = performance.now()
    const { done } = turns.next()
    longestMs = Math.max(longestMs, performance.now() - beforeMs)
    if (done !== true) continue
    return `${Math.round(performance.now() - startMs)} ms, ${longestMs.toFixed(1)} ms at a time at most`
  }
}

export function printCompileTimes(print: (line: string) => void): void {
  const services = Array.from({ length: SERVICES }, (_, index) => serviceDocument(index, ENDPOINTS))
  const zones = Array.from({ length: ZONES }, (_, index) => zoneDocument(`z${index}.test`, RECORDS))
  const texts = [sitesDocument(ENDPOINTS), zoneDocument(ZONE, 1), ...services, ...zones]
  const set = loadTexts(texts)
  const edited = loadTexts([...texts.slice(0, -1), zoneDocument(`z${ZONES - 1}.test`, RECORDS + 1)])
  const flip = { target: 'www/s1', state: 'down', owner: '', reason: '', setAtMs: NOW_MS, expiresAtMs: null } as const
  const compile = createCompiler()
  print(`Documents to a table, ${SERVICES} services and ${ZONES} zones of ${RECORDS} records:`)
  print(`- the first: ${compile(set)}`)
  print(`- an endpoint goes down: ${compile(set, [flip])}`)
  print(`- and comes back: ${compile(set)}`)
  print(`- one zone is edited: ${compile(edited)}`)
  const large = createCompiler()
  print(`- one zone of ${LARGE_ZONE_RECORDS} records: ${large(loadTexts([zoneDocument(ZONE, LARGE_ZONE_RECORDS)]))}`)
}
