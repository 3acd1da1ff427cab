import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { LATENCY_MEMORY, openLatencyFeed } from '../../../src/app/latency-feed.ts'
import type { LatencyView } from '../../../src/domain/facts.ts'
import type { GeoPoint } from '../../../src/domain/place.ts'
import { createLatencyMetrics } from '../../../src/http/admin/latency-metrics.ts'
import { readNodeMemory } from '../../../src/state/node-memory.ts'
import { makeLocation, SITES } from '../../helpers/engine.ts'
import { ENDPOINTS, estimates, MINUTE_MS, newEstimator, reportFrom, START_MS } from '../../helpers/latency.ts'
import { manualClock } from '../../helpers/manual-clock.ts'
import { until } from '../../helpers/until.ts'

async function stateDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'nearcast-latency-'))
  t.after(() => rm(directory, { recursive: true, force: true }))
  return directory
}

async function open(
  directory: string,
  nodeLocation: GeoPoint | null = SITES.fra!,
  publishes: () => Promise<void> = async () => {},
) {
  const clock = manualClock(START_MS)
  const published: LatencyView[] = []
  const warnings: string[] = []
  const registry = new Registry()
  const feed = await openLatencyFeed({
    stateDirectory: directory,
    nodeLocation,
    log: { warn: ((message: string) => warnings.push(message)) as never },
    metrics: createLatencyMetrics(registry),
    nowMs: clock.nowMs,
    schedule: clock.schedule,
    async publish(view) {
      published.push(view)
      await publishes()
    },
  })
  return { clock, published, warnings, registry, feed }
}

const timings = { connectMs: 31, tlsMs: 40, firstByteMs: 12, totalMs: 83 }

test('a view is published once a minute, when something has moved', async (t) => {
  const { clock, published, feed } = await open(await stateDirectory(t))
  clock.advance(10 * MINUTE_MS)
  await nextTurn()
  assert.equal(published.length, 0)

  for (const endpoint of Object.values(ENDPOINTS)) feed.probed(endpoint, 4, { ...timings, connectMs: 130 })
  clock.advance(MINUTE_MS)
  await until(
    () => published.length,
    (count) => count > 0,
  )
  const client = { location: makeLocation({ at: 'fra' }), network: null }
  assert.equal(published[0]!.estimate(ENDPOINTS.fra, client)?.source, 'nodes')
  assert.equal(feed.first.estimate(ENDPOINTS.fra, client)?.source, 'distance')

  clock.advance(3 * MINUTE_MS)
  await nextTurn()
  assert.equal(published.length, 1)
  await feed.close()
  assert.equal(clock.pending(), 0)
})

test('a view that could not be published is tried again', async (t) => {
  const tries = { left: 1 }
  const { clock, published, warnings, feed } = await open(await stateDirectory(t), SITES.fra!, async () => {
    if (tries.left-- > 0) throw new Error('no room')
  })
  feed.probed(ENDPOINTS.fra, 4, timings)
  clock.advance(MINUTE_MS)
  await until(
    () => warnings.length,
    (count) => count > 0,
  )
  clock.advance(MINUTE_MS)
  await until(
    () => published.length,
    (count) => count === 2,
  )
  assert.equal(published[0], published[1])
  assert.deepEqual(warnings, ['a new latency view is not in force: no room'])
  await feed.close()
})

test('what was learnt is there after a restart', async (t) => {
  const directory = await stateDirectory(t)
  const before = await open(directory)
  reportFrom(before.feed, { count: 6 }, { fra: 60, lhr: 35 })
  before.clock.advance(MINUTE_MS)
  await until(
    () => before.published.length,
    (count) => count > 0,
  )
  await before.feed.close()

  const after = await open(directory)
  const [was, is] = [estimates(before.published[0]!), estimates(after.feed.first)]
  assert.ok(Math.abs(was.fra - is.fra) < 0.05 && is.fra > is.lhr, `${was.fra} ms before, ${is.fra} ms after`)
  await after.feed.close()
})

test('what is put in force is saved at once, as it is: the command line explains by it', async (t) => {
  const directory = await stateDirectory(t)
  const { clock, published, feed } = await open(directory)
  reportFrom(feed, { count: 6 }, { fra: 60, lhr: 35 })
  clock.advance(MINUTE_MS)
  const read = () => readNodeMemory(directory, LATENCY_MEMORY, assert.fail)
  await until(read, (found) => found !== null)
  const isTold = async () => {
    const estimator = newEstimator()
    // The command line looks at it later than the node, when it might move.
    estimator.restore(await read(), clock.nowMs() + 10 * MINUTE_MS)
    const [told, is] = [estimates(estimator.published()), estimates(published[0]!)]
    for (const id of ['fra', 'lhr'] as const) {
      assert.ok(Math.abs(told[id] - is[id]) < 0.05, `${id}: ${told[id]} ms, in force ${is[id]} ms`)
    }
    assert.ok(told.lhr < told.fra, `${told.lhr} ms, ${told.fra} ms`)
  }
  await isTold()
  // Known, and not in force.
  reportFrom(feed, { first: 6, count: 20 }, { fra: 20, lhr: 90 })
  await feed.close()
  await isTold()
})

test('damaged memory is named, and learnt anew', async (t) => {
  const directory = await stateDirectory(t)
  await (await open(directory)).feed.close()
  const path = join(directory, 'node', 'latency.json')
  const saved = JSON.parse(await readFile(path, 'utf8'))
  await writeFile(path, JSON.stringify({ ...saved, prefixes: [['4:zz'], null] }))
  const { warnings, feed } = await open(directory)
  assert.deepEqual(warnings, ['2 of the latency records of the last run are damaged and left out'])
  await feed.close()
})

test('probes say nothing where the node is nowhere, or nothing was connected', async (t) => {
  const somewhere = await open(await stateDirectory(t))
  somewhere.feed.probed(ENDPOINTS.fra, 4, { ...timings, connectMs: null })
  const nowhere = await open(await stateDirectory(t), null)
  nowhere.feed.probed(ENDPOINTS.fra, 4, timings)
  for (const { registry, feed } of [somewhere, nowhere]) {
    assert.match(await registry.metrics(), /^nearcast_latency_nodes 0$/m)
    await feed.close()
  }
})

test('metrics say what became of samples', async (t) => {
  const { registry, feed } = await open(await stateDirectory(t))
  feed.probed(ENDPOINTS.fra, 4, timings)
  feed.probed(ENDPOINTS.iad, 4, timings)
  reportFrom(feed, { count: 2 }, { fra: 60 }, { times: 21 })
  reportFrom({ addReport: feed.addPassive }, { count: 2 }, { lhr: 60 })
  feed.passedOver('tooOften', 7)
  const text = await registry.metrics()
  for (const line of [
    'nearcast_latency_samples_total{source="probe",verdict="taken"} 1',
    'nearcast_latency_samples_total{source="probe",verdict="fasterThanLight"} 1',
    'nearcast_latency_samples_total{source="report",verdict="taken"} 40',
    'nearcast_latency_samples_total{source="report",verdict="bucketFull"} 2',
    'nearcast_latency_samples_total{source="endpoint",verdict="taken"} 10',
    'nearcast_latency_samples_total{source="endpoint",verdict="tooOften"} 7',
    'nearcast_latency_networks 4',
    'nearcast_latency_nodes 1',
  ]) {
    assert.ok(text.includes(line), `${line} is not in\n${text}`)
  }
  await feed.close()
})
