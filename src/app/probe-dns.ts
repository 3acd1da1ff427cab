import { type AskOptions, askServer, createCookieJar } from '../dns/client/ask-server.ts'
import { dataToText } from '../dns/wire/data-text.ts'
import { nameFromText } from '../dns/wire/name.ts'
import { rcodeToText, typeFromText, typeToText } from '../dns/wire/type-names.ts'
import { formatAddress } from '../domain/address.ts'
import type { AskDns } from '../monitor/checks/registry.ts'

export interface ProbeDnsParts extends Pick<AskOptions, 'nowMs' | 'schedule'> {
  /** Uniform unsigned 32-bit draws, for message ids and cookies. */
  readonly dice: () => number
}

/** The DNS client of this node, as checks of the kind `dns` want it. */
export const createProbeDns =
  ({ nowMs, schedule, dice }: ProbeDnsParts): AskDns =>
  async ({ address, port, transport, qname, qtype, timeoutMs }, signal) => {
    const name = nameFromText(qname)
    const type = typeFromText(qtype)
    if (name === null) return { kind: 'none', message: `${qname} is no domain name` }
    if (type === null) return { kind: 'none', message: `${qtype} is no type of records` }
    const asked = await askServer(
      { address: formatAddress(address), port },
      { id: dice() & 0xffff, name, type, subnet: null, recursion: 'desired' },
      createCookieJar(dice),
      { transport, nowMs, schedule, timeoutMs, signal },
    )
    if (asked.kind !== 'answer') return { kind: asked.fault === 'here' ? 'unasked' : 'none', message: asked.message }
    const { rcode, answer } = asked.response
    return {
      kind: 'answer',
      rcode: rcodeToText(rcode),
      answers: answer.map((record) => ({ type: typeToText(record.type), data: dataToText(record.type, record.data) })),
      milliseconds: asked.milliseconds,
    }
  }
