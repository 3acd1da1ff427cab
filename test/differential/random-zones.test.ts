import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IpAddress } from '../../src/domain/address.ts'
import type { Snapshot } from '../../src/steering/snapshot.ts'
import { namesOf } from '../helpers/dns-names.ts'
import { draws } from '../helpers/draws.ts'
import { differ } from '../helpers/fastpath-differ.ts'
import { CLIENTS, someQuery, testJar } from '../helpers/fastpath-queries.ts'
import { randomDocuments } from '../helpers/random-zones.ts'
import { makeSnapshot, TEST_NOW_MS } from '../helpers/snapshot.ts'

/** More of them: `NEARCAST_RANDOM_ZONES=3000`. */
const ZONES = Number(process.env.NEARCAST_RANDOM_ZONES ?? 30)
const QUERIES = 250

/** Null for documents that are refused: CNAME beside other records, a service below a cut. */
function snapshotOf(documents: Readonly<Record<string, string>>): Snapshot | null {
  try {
    return makeSnapshot({ documents })
  } catch {
    return null
  }
}

test('random zones: the fast path says what the complete path says', () => {
  let used = 0
  let byItself = 0
  for (let seed = 0; used < ZONES; seed++) {
    assert.ok(seed < 20 * ZONES + 20, `${used} of ${seed} random zones are allowed`)
    const die = draws(seed)
    const documents = randomDocuments(die)
    const snapshot = snapshotOf(documents)
    if (snapshot === null) continue
    used++
    const ask = differ(snapshot, { cookies: testJar() })
    const names = namesOf(snapshot)
    try {
      for (let i = 0; i < QUERIES; i++) {
        const client = CLIENTS[die() % CLIENTS.length] as IpAddress
        const asked = ask(someQuery(names, { client, nowMs: TEST_NOW_MS }, die), client, TEST_NOW_MS, die())
        if (asked === 'answer') byItself++
      }
    } catch (error) {
      throw new Error(`zone of seed ${seed}:\n${documents['zone.yaml']}`, { cause: error })
    }
  }
  assert.ok(byItself > (ZONES * QUERIES) / 2, `${byItself} of ${ZONES * QUERIES} were answered without help`)
})
