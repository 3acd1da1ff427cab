import type { Reply } from './reply.ts'
import { EDE, RCODE, TYPE } from './wire/codes.ts'
import type { WireName } from './wire/name.ts'
import { textData, wireNameOf } from './wire/record-data.ts'

/** What is told in class CH. Null: the names are like any that are not ours. */
export interface ChaosTexts {
  /** At `version.bind` and `version.server`. */
  readonly version: string | null
  /** At `id.server` and `hostname.bind` (RFC 4892). */
  readonly nodeId: string | null
}

export function answerChaos(reply: Reply, qname: WireName, type: number, texts: ChaosTexts): void {
  const text = textAt(qname, texts)
  if (text === null) {
    reply.rcode = RCODE.REFUSED
    reply.error = { code: EDE.NOT_AUTHORITATIVE, text: '' }
    return
  }
  reply.authoritative = true
  if (type === TYPE.TXT || type === TYPE.ANY) {
    reply.answer.push({
      owner: qname,
      type: TYPE.TXT,
      ttlSeconds: 0,
      data: [textData([Buffer.from(text).subarray(0, 255)])],
    })
  }
}

const VERSION_NAMES = ['version.bind', 'version.server'].map(wireNameOf)
const NODE_NAMES = ['id.server', 'hostname.bind'].map(wireNameOf)
export const CHAOS_NAMES: readonly WireName[] = [...VERSION_NAMES, ...NODE_NAMES]

function textAt(qname: WireName, { version, nodeId }: ChaosTexts): string | null {
  if (VERSION_NAMES.includes(qname)) return version
  return NODE_NAMES.includes(qname) ? nodeId : null
}
