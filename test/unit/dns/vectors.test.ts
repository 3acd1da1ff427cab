import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { addressOf, testResponder } from '../../helpers/dns-fixture.ts'
import { composeQuery, type DescribedMessage, describeMessage, type TestQuery } from '../../helpers/dns-message.ts'

/** A question is expected back as it was sent unless the row says otherwise; `hex:` is a raw query. */
interface Vector {
  readonly name: string
  readonly query: string
  readonly client?: string
  readonly expect:
    | 'silent'
    | (Omit<DescribedMessage, 'question'> & { readonly question?: string | null; readonly opcode?: number })
}

const FOLDER = new URL('../../vectors/dns/', import.meta.url)
const DEFAULT_CLIENT = '5.5.1.1'

const { respond } = testResponder()

function readQuery(text: string): TestQuery {
  if (text.startsWith('hex:')) return { bytes: Buffer.from(text.slice(4), 'hex'), transport: 'udp' }
  return composeQuery(text)
}

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.json'))) {
  const { specVersion, cases } = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as {
    specVersion: number
    cases: Vector[]
  }
  assert.equal(specVersion, 1)
  for (const { name, query, client = DEFAULT_CLIENT, expect } of cases) {
    test(`${file.replace('.json', '')}: ${name} (${query.slice(0, 60)})`, () => {
      const { bytes, transport } = readQuery(query)
      const out = new Uint8Array(65_535)
      const length = respond(bytes, bytes.length, { address: addressOf(client), transport }, out)
      if (expect === 'silent') {
        assert.equal(length, 0)
        return
      }
      const response = Buffer.from(out.subarray(0, length))
      const { question, opcode = 0, ...rest } = expect
      const { question: echoed, ...described } = describeMessage(response)
      assert.deepEqual(described, rest)
      assert.equal(response.readUInt16BE(0), bytes.readUInt16BE(0), 'ID')
      assert.equal((response.readUInt8(2) >> 3) & 0xf, opcode, 'opcode')
      if (question === undefined) {
        const sent = describeQuestion(bytes)
        assert.deepEqual(response.subarray(12, 12 + sent.length), sent, 'question, octet for octet')
      } else assert.equal(echoed, question)
    })
  }
}

/** The question of a well-formed query: it has no pointers. */
function describeQuestion(query: Buffer): Buffer {
  let end = 12
  while (query.readUInt8(end) !== 0) end += 1 + query.readUInt8(end)
  return query.subarray(12, end + 5)
}
