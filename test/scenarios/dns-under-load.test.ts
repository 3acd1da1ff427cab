import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { inTurns } from '../../src/app/in-turns.ts'
import { startFastDns } from '../../src/dns/fastpath/server.ts'
import { loadSyscalls } from '../../src/dns/fastpath/syscalls.ts'
import { createZones } from '../../src/dns/zones.ts'
import { openMemoryStore } from '../../src/state/memory/open-memory-store.ts'
import type { Snapshot } from '../../src/steering/snapshot.ts'
import { withoutGone } from '../../src/steering/without-gone.ts'
import { addressOf } from '../helpers/dns-fixture.ts'
import { type Load, type LoadReport, startLoad, type Version } from '../helpers/dns-load.ts'
import { composeQuery } from '../helpers/dns-message.ts'
import { completeFixture } from '../helpers/fastpath.ts'
import { flatCountry } from '../helpers/geo-records.ts'
import { writeMmdb } from '../helpers/mmdb-writer.ts'
import { settingsOf } from '../helpers/nearcast.ts'
import { makeFolders, startTestNode, type TestFolders, type TestNode } from '../helpers/node.ts'
import { makeSnapshot } from '../helpers/snapshot.ts'
import { until } from '../helpers/until.ts'
import { WHOLE_DOCUMENTS } from '../helpers/whole-documents.ts'

const loaded = await loadSyscalls()
const WITHOUT_FAST_PATH = loaded.kind === 'unavailable' ? `no fast path here: ${loaded.reason}` : false

const QUESTIONS = [
  'nearest.geo.example A +subnet=5.5.1.0/24 +do',
  'nearest.geo.example AAAA +subnet=6.6.1.0/24',
  'pair.geo.example A +subnet=6.6.1.0/24 +edns',
  'x.nearest.geo.example A +subnet=2400::/48',
  'sticky.geo.example A +subnet=8.8.8.0/24',
  'www.geo.example A +subnet=5.5.1.0/24',
  'nearest.geo.example HTTPS +edns',
  'geo.example SOA +edns',
  'mail.geo.example MX',
  'a.wild.geo.example TXT +edns',
  'www.child.geo.example A +edns',
  'no.such.geo.example A +edns +do',
  'huge.geo.example TXT +edns',
  'geo.example ANY',
  'example.net A +edns',
]

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
/** A database is compiled once on each machine, beside everything else that it does. */
const COMPILED_WITHIN_MS = 90_000
const LOOPBACK = addressOf('127.0.0.1')

/** What the complete path says from a snapshot. None of the questions takes a draw, or depends on the time. */
function versionOf(snapshot: Snapshot, onTheWay: Version | null = null): Version {
  const respond = completeFixture(snapshot, Date.now, () => 0)
  return {
    onTheWay,
    expected(question, transport) {
      const { bytes } = composeQuery(question, 0)
      const out = new Uint8Array(transport === 'udp' ? 1232 : 65_535)
      return out.subarray(0, respond(bytes, bytes.length, { address: LOOPBACK, transport }, out))
    },
  }
}

/**
 * The same object for as long as the snapshot is the same. Who has gone goes first (decision 0014): where planning takes no longer than a
 * turn of the event loop, nobody but the workers sees the snapshot in between.
 */
function versions(current: () => Snapshot): () => Version {
  let seen: { readonly snapshot: Snapshot; readonly version: Version } | null = null
  return () => {
    const snapshot = current()
    if (seen?.snapshot === snapshot) return seen.version
    const interim = seen === null ? null : withoutGone(seen.snapshot, snapshot.facts, Date.now(), null)
    seen = { snapshot, version: versionOf(snapshot, interim === null ? null : versionOf(interim.snapshot)) }
    return seen.version
  }
}

function assertFlawless({ wrong, lostAtMs, answered }: LoadReport): void {
  assert.deepEqual({ wrong: wrong.slice(0, 3), lost: lostAtMs.length }, { wrong: [], lost: 0 })
  assert.ok(answered > 500, `only ${answered} answers`)
}

const portOf = (node: TestNode): number =>
  Number(
    node.listeners
      .find(({ frontEnd }) => frontEnd === 'dns')
      ?.address.split(':')
      .at(-1),
  )

async function load(node: TestNode): Promise<Load> {
  return startLoad({ port: portOf(node), questions: QUESTIONS, current: versions(node.snapshot) })
}

/** Before and after a change there are answers enough to see it by. */
async function during(node: TestNode, change: (settled: () => Promise<void>) => Promise<void>): Promise<void> {
  const running = await load(node)
  await running.settled(300)
  await change(() => running.settled(100))
  await running.settled(300)
  assertFlawless(await running.stop())
}

const secondOctets = (country: readonly [string, string]): Uint8Array =>
  writeMmdb({
    databaseType: 'country',
    ipVersion: 6,
    rows: [
      ['5.5.0.0/16', flatCountry({ country: country[0] })],
      ['6.6.0.0/16', flatCountry({ country: country[1] })],
      ['8.8.0.0/16', flatCountry({ country: 'US' })],
      ['2400::/16', flatCountry({ country: 'JP' })],
    ],
  })

async function startNode(t: TestContext, dnsWorkers: number): Promise<TestNode & { readonly geoData: string }> {
  const folders = await makeFolders(t, WHOLE_DOCUMENTS, 'nearcast-geo-own')
  const geoData = join(folders.policies, '..', 'geo-data')
  await mkdir(geoData)
  await writeFile(join(geoData, 'own.mmdb'), secondOctets(['JP', 'DE']))
  return { ...(await startTestNode(t, folders, { dnsWorkers })), geoData }
}

for (const [path, dnsWorkers] of [
  ['worker threads', 2],
  ['the main thread', 0],
] as const) {
  const skip = dnsWorkers > 0 ? WITHOUT_FAST_PATH : false

  test(`${path}: a policy and a zone edited under load`, { skip }, async (t) => {
    const node = await startNode(t, dnsWorkers)
    await during(node, async (settled) => {
      for (const [name, from, to] of [
        ['nearest.yaml', 'a: [203.0.113.10]', 'a: [203.0.113.77]'],
        ['geo.example.zone.yaml', 'value: 192.0.2.25', 'value: 192.0.2.26'],
        ['pair.yaml', 'take: 2', 'take: 1'],
      ] as const) {
        const before = node.snapshot().revision.number
        const file = join(node.folders.policies, name)
        await writeFile(file, (await readFile(file, 'utf8')).replace(from, to))
        await until(node.snapshot, ({ revision }) => revision.number > before)
        await settled()
      }
    })
  })

  test(`${path}: an endpoint flipped under load`, { skip }, async (t) => {
    const node = await startNode(t, dnsWorkers)
    const store = await openMemoryStore({ directory: node.folders.state, nowMs: Date.now })
    t.after(() => store.close())
    await during(node, async (settled) => {
      for (const [target, state] of [
        ['nearest/tokyo', 'down'],
        ['nearest/frankfurt', 'drain'],
        ['nearest/tokyo', 'up'],
      ] as const) {
        const before = node.snapshot()
        const setAtMs = Date.now()
        await store.setOverride({ target, state, owner: 'anna', reason: 'test', setAtMs, expiresAtMs: null })
        await until(node.snapshot, (it) => it !== before)
        await settled()
      }
    })
  })

  test(`${path}: the geo database swapped under load`, { skip }, async (t) => {
    const node = await startNode(t, dnsWorkers)
    await during(node, async (settled) => {
      const before = node.snapshot().geo
      await writeFile(join(node.geoData, 'own.mmdb'), secondOctets(['DE', 'JP']))
      await until(node.snapshot, ({ geo }) => geo !== before, COMPILED_WITHIN_MS)
      await settled()
    })
  })
}

test('a worker thread killed under load: only what it had in its hands is lost', {
  skip: WITHOUT_FAST_PATH,
}, async (t) => {
  const snapshot = makeSnapshot({ documents: WHOLE_DOCUMENTS })
  const problems: string[] = []
  const outcome = await startFastDns({
    host: '127.0.0.1',
    port: 0,
    respond: completeFixture(snapshot, Date.now, () => 0),
    schedule: (task, delayMs) => {
      const timer = setTimeout(task, delayMs)
      return () => clearTimeout(timer)
    },
    workers: 2,
    snapshot,
    zones: createZones(),
    inTurns,
    debug: [],
    nodeId: null,
    version: null,
    cookies: null,
    limiter: null,
    nowMs: Date.now,
    dice: () => 1,
    onProblem: (message) => problems.push(message),
  })
  assert.ok(outcome.kind === 'started')
  const { server } = outcome
  t.after(() => server.close())
  const version = versionOf(snapshot)
  const running = await startLoad({ port: server.port, questions: QUESTIONS, current: () => version, udpLanes: 16 })
  await running.settled(300)
  const killedMs = performance.now()
  await server.threads[0]?.kill()
  const deadMs = performance.now()
  await running.settled(600)
  const { wrong, lostAtMs } = await running.stop()
  assert.deepEqual(wrong, [])
  assert.deepEqual(
    problems.map((problem) => /it was stopped/.test(problem)),
    [true],
    problems.join('; '),
  )
  assert.ok(lostAtMs.length <= 64, `${lostAtMs.length} lost`)
  // What came while nobody read the socket waited in its queue.
  assert.deepEqual(
    lostAtMs.filter((ms) => ms > deadMs || ms < killedMs - 1000),
    [],
  )
})

for (const [path, workers] of [
  ['worker threads', 2],
  ['the main thread', 0],
] as const) {
  const skip = workers > 0 ? WITHOUT_FAST_PATH : false
  test(`${path}: SIGTERM under load: what was asked before it is answered`, { skip }, async (t) => {
    const folders = await makeFolders(t, WHOLE_DOCUMENTS)
    const node = await startProcess(t, folders, workers)
    // Where a process places its clients is not known here.
    const questions = QUESTIONS.filter((question) => !question.includes('+subnet'))
    const version = versionOf(makeSnapshot({ documents: WHOLE_DOCUMENTS }))
    const running = await startLoad({ port: node.port, questions, current: () => version })
    await running.settled(500)
    const killedMs = performance.now()
    node.child.kill('SIGTERM')
    const [code] = (await once(node.child, 'exit')) as [number | null]
    assert.equal(code, 0)
    const { wrong, lostAtMs } = await running.stop()
    assert.deepEqual(wrong, [])
    assert.deepEqual(
      lostAtMs.filter((ms) => ms < killedMs).map((ms) => `${(killedMs - ms).toFixed(2)} ms before`),
      [],
    )
  })
}

/** `nearcast serve` in a process of its own. */
async function startProcess(t: TestContext, folders: TestFolders, workers: number) {
  const off = ['--redirect', 'off', '--discovery', 'off', '--admin', 'off']
  const dns = ['--dns', '127.0.0.1:0', '--dns-workers', String(workers), '--log-format', 'json', '--log-level', 'info']
  const child = spawn(process.execPath, [MAIN, 'serve', ...dns, ...off, ...settingsOf(folders)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk
    })
  }
  await until(
    () => ({ said, code: child.exitCode }),
    (it) => it.code !== null || /dig @127\.0\.0\.1 -p \d+/.test(it.said),
    COMPILED_WITHIN_MS,
  )
  const port = Number(/dig @127\.0\.0\.1 -p (\d+)/.exec(said)?.[1])
  assert.ok(port > 0, said)
  return { child, port }
}
