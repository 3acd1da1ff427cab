import type { Reply } from './reply.ts'
import { EDE, RCODE, TYPE } from './wire/codes.ts'
import type { WireName } from './wire/name.ts'
import { textData, wireNameOf } from './wire/record-data.ts'

/** RFC 4892: which node answers, told in class CH. The software's name is told without a version. */
export function answerChaos(reply: Reply, qname: WireName, type: number, nodeId: string): void {
  const text = textAt(qname, nodeId)
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

function textAt(qname: WireName, nodeId: string): string | null {
  if (VERSION_NAMES.includes(qname)) return 'nearcast'
  return NODE_NAMES.includes(qname) ? nodeId : null
}
