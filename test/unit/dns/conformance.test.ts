import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCookieJar } from '../../../src/dns/cookies.ts'
import { askTcp, askUdp } from '../../helpers/dns-client.ts'
import { addressOf } from '../../helpers/dns-fixture.ts'
import { composeQuery, type DescribedMessage, describeMessage } from '../../helpers/dns-message.ts'
import { completeFixture, fastFixture } from '../../helpers/fastpath.ts'
import { makeFolders, startTestNode } from '../../helpers/node.ts'
import { makeSnapshot, TEST_NOW_MS } from '../../helpers/snapshot.ts'
import { WHOLE_DOCUMENTS } from '../../helpers/whole-documents.ts'
import { CONFORMANCE_ROWS, type ConformanceRow, type Content } from './rows-conformance.ts'

type Transport = 'udp' | 'tcp'
/** Null: this way leaves it to another. */
type Ask = (query: Uint8Array, transport: Transport) => Promise<Uint8Array | null>

const snapshot = makeSnapshot({ documents: WHOLE_DOCUMENTS })
const cookies = createCookieJar([new Uint8Array(16).fill(7)])
const CLIENT = addressOf('127.0.0.1')
const complete = completeFixture(
  snapshot,
  () => TEST_NOW_MS,
  () => 0,
  cookies,
)
const fast = fastFixture(snapshot, TEST_NOW_MS, [], { cookies })

const askComplete: Ask = async (query, transport) => {
  const out = new Uint8Array(transport === 'udp' ? 1232 : 65_535)
  return out.slice(0, complete(query, query.length, { address: CLIENT, transport, idleSeconds: 10 }, out))
}

const askFast: Ask = async (query, transport) => {
  if (transport === 'tcp') return null
  const answered = fast.ask(query, CLIENT, TEST_NOW_MS, () => 0)
  assert.notEqual(answered, 'silence')
  return typeof answered === 'string' ? null : answered
}

/** What holds for every answer, whatever was asked. */
function checkHeader(query: Buffer, response: Uint8Array, described: DescribedMessage): void {
  const answer = Buffer.from(response)
  assert.equal(answer.readUInt16BE(0), query.readUInt16BE(0), 'ID')
  assert.equal(answer.readUInt8(2) & 0x78, query.readUInt8(2) & 0x78, 'opcode')
  assert.equal(answer.readUInt8(2) & 0x01, query.readUInt8(2) & 0x01, 'RD is copied')
  assert.match(described.flags, /^qr/)
  assert.doesNotMatch(described.flags, /\b(?:ra|z|ad|cd|tc)\b/)
  // Neither flags nor options that we do not know come back (RFC 6891 §6.1.2, §6.1.4); padding only where it hides something (RFC 7830 §6).
  assert.doesNotMatch(described.edns ?? '', /flags=|option(?:100|9|12)=/)
}

const CONTENT: Readonly<Record<Content, (message: DescribedMessage) => void>> = {
  soa({ flags, answer, authority }) {
    assert.match(flags, /\baa\b/)
    assert.match(answer.join(), /^geo\.example\. \d+ SOA [^,]*$/i)
    assert.deepEqual(authority, [])
  },
  nodata({ flags, answer, authority }) {
    assert.match(flags, /\baa\b/)
    assert.deepEqual(answer, [])
    assert.match(authority.join(), /^geo\.example\. \d+ SOA [^,]*$/i)
  },
  nothing({ flags, answer, authority, additional }) {
    assert.doesNotMatch(flags, /\baa\b/)
    assert.deepEqual([answer, authority, additional], [[], [], []])
  },
  any: () => {},
}

function check(row: ConformanceRow, query: Buffer, response: Uint8Array): void {
  const described = describeMessage(response)
  checkHeader(query, response, described)
  assert.ok((row.rcode ?? 'NOERROR').split('|').includes(described.rcode), `${described.rcode}, not ${row.rcode}`)
  CONTENT[row.content ?? 'soa'](described)
  const hasEdns = /\+(?:edns|do|opt|bufsize|ecs|subnet|twoopts)/.test(row.ask)
  assert.equal(described.edns === null ? 'none' : 'present', row.edns ?? (hasEdns ? 'present' : 'none'), 'OPT')
  for (const pattern of row.must ?? []) assert.match(described.edns ?? '', pattern)
}

async function checkOn(ask: Ask, row: ConformanceRow, transport: Transport): Promise<'answered' | 'left'> {
  const { bytes } = composeQuery(row.ask)
  bytes.writeUInt16BE(bytes.readUInt16BE(2) | (row.bits ?? 0), 2)
  const response = await ask(bytes, transport)
  if (response === null) return 'left'
  check(row, bytes, response)
  return 'answered'
}

const transportsOf = ({ over }: ConformanceRow): readonly Transport[] => (over === undefined ? ['udp', 'tcp'] : [over])

for (const row of CONFORMANCE_ROWS) {
  for (const transport of transportsOf(row)) {
    test(`complete path, ${transport}: ${row.name}`, async () => {
      await checkOn(askComplete, row, transport)
    })
  }
  if (row.over !== 'tcp')
    test(`packet path: ${row.name}`, async () => {
      await checkOn(askFast, row, 'udp')
    })
}

test('the packet path answers most of them by itself', async () => {
  const rows = CONFORMANCE_ROWS.filter(({ over }) => over !== 'tcp')
  const outcomes = await Promise.all(rows.map((row) => checkOn(askFast, row, 'udp').catch(() => 'failed')))
  const answered = outcomes.filter((outcome) => outcome === 'answered').length
  assert.ok(answered > rows.length / 3, `${answered} of ${rows.length}`)
})

for (const [title, dnsWorkers] of [
  ['a node with worker threads', 2],
  ['a node without', 0],
] as const) {
  test(title, async (t) => {
    const node = await startTestNode(t, await makeFolders(t, WHOLE_DOCUMENTS), { dnsWorkers, nodeId: 'node-1' })
    const port = Number(
      node.listeners
        .find(({ frontEnd }) => frontEnd === 'dns')
        ?.address.split(':')
        .at(-1),
    )
    const ask: Ask = (query, transport) => (transport === 'udp' ? askUdp(port, query) : askTcp(port, query))
    for (const row of CONFORMANCE_ROWS) {
      for (const transport of transportsOf(row)) {
        await t.test(`${transport}: ${row.name}`, async () => {
          await checkOn(ask, row, transport)
        })
      }
    }
  })
}
