import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFaults } from '../../bench/dns/soak/faults.ts'
import { createInside } from '../../bench/dns/soak/inside.ts'
import { isAnswerDue, MOST_OVER_UDP, mostOctetsOverUdp } from '../helpers/answer-due.ts'
import { corpus } from '../helpers/dns-corpus.ts'
import { addressOf, dnsSnapshot } from '../helpers/dns-fixture.ts'
import { describeMessage } from '../helpers/dns-message.ts'
import { completeFixture, fastFixture } from '../helpers/fastpath.ts'
import { TEST_NOW_MS } from '../helpers/snapshot.ts'

const complete = completeFixture(
  dnsSnapshot,
  () => TEST_NOW_MS,
  () => 0,
)
const fast = fastFixture(dnsSnapshot, TEST_NOW_MS)
const CLIENT = addressOf('5.5.1.1')
const memory = { udp: new Uint8Array(MOST_OVER_UDP), tcp: new Uint8Array(65_535) }

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')

function ask(packet: Uint8Array, transport: 'udp' | 'tcp'): Uint8Array {
  const out = memory[transport]
  return out.subarray(0, complete(packet, packet.length, { address: CLIENT, transport }, out))
}

/** Asks every path; what holds for every packet holds for this one. */
function checkPacket(packet: Uint8Array): void {
  const overUdp = ask(packet, 'udp')
  const isDue = isAnswerDue(packet, packet.length)
  assert.equal(overUdp.length > 0, isDue, `answered or not: ${hex(packet)}`)
  assert.ok(overUdp.length <= mostOctetsOverUdp(packet, packet.length), `${overUdp.length} octets: ${hex(packet)}`)
  const answered = fast.ask(packet, CLIENT, TEST_NOW_MS, () => 0)
  if (answered !== 'punt') assert.equal(answered === 'silence' ? '' : hex(answered), hex(overUdp), hex(packet))
  const overTcp = ask(packet, 'tcp')
  assert.equal(overTcp.length > 0, isDue, `over TCP: ${hex(packet)}`)
  if (!isDue) return
  for (const answer of [overUdp, overTcp]) {
    const faults = createFaults()
    faults.checkAnswer(packet, answer)
    assert.deepEqual(faults.describe(), [])
  }
  describeMessage(overUdp)
  describeMessage(overTcp)
}

test('the corpus holds its packets once', () => {
  assert.ok(corpus.length > 250)
  assert.equal(new Set(corpus.map(({ octets }) => hex(octets))).size, corpus.length)
})

for (const { title, octets } of corpus) {
  test(title, () => checkPacket(octets))
}

test('every packet of the corpus, cut off after every octet', () => {
  for (const { octets } of corpus) {
    for (let length = 0; length < Math.min(octets.length, 160); length++) checkPacket(octets.subarray(0, length))
  }
})

test('every packet of the corpus, with each octet changed', () => {
  for (const { octets } of corpus) {
    const packet = Uint8Array.from(octets)
    for (let at = 2; at < Math.min(packet.length, 120); at++) {
      const before = packet[at] as number
      for (const octet of [0, 0xff, 0xc0, before ^ 1, before + 1, before - 1]) {
        packet[at] = octet
        checkPacket(packet)
      }
      packet[at] = before
    }
  }
})

test('random and mutated packets, over both paths', () => {
  const faults = createFaults()
  const { packets, answered, compared } = createInside(11, faults)(80_000)
  assert.deepEqual(faults.describe(), [])
  assert.equal(packets, 80_000)
  // Neither does nothing.
  assert.ok(answered > packets / 2, `${answered} answered`)
  assert.ok(compared > packets / 10, `${compared} compared`)
})
