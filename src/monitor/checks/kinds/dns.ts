import { formatAddress, parseAddress } from '../../../domain/address.ts'
import type { DnsReply } from '../ask-dns.ts'
import { whomToAsk } from '../asked.ts'
import { CouldNotAskError, type Finding } from '../attempt.ts'
import type { CheckOf, ProbeKind } from '../kind.ts'
import { shown } from '../words.ts'

/** One question, and the answer that is expected. */
export const probeDns: ProbeKind<'dns'> = (check, tools) => async (target, attempt) => {
  const { address } = await whomToAsk(target, tools, attempt)
  const { port, transport, qname, qtype, timeoutSeconds } = check
  attempt.signal.throwIfAborted()
  attempt.waitsFor(`an answer to ${qname} ${qtype} over ${transport.toUpperCase()}`)
  const reply = await tools.askDns(
    { address, port, transport, qname, qtype, timeoutMs: timeoutSeconds * 1000 },
    attempt.signal,
  )
  if (reply.kind !== 'answer') {
    if (reply.kind === 'unasked') throw new CouldNotAskError(reply.message)
    return { outcome: 'fail', detail: reply.message }
  }
  attempt.timings.firstByteMs = reply.milliseconds
  return judge(reply, check)
}

function judge(reply: Extract<DnsReply, { kind: 'answer' }>, check: CheckOf<'dns'>): Finding {
  if (reply.rcode.toUpperCase() !== check.rcode.toUpperCase()) {
    return { outcome: 'fail', detail: `${shown(reply.rcode)}, expected ${check.rcode}` }
  }
  // What a chain of CNAMEs leads to is an answer too; the chain itself is one only where it is asked for.
  const found = reply.answers.filter(({ type }) => type.toUpperCase() === check.qtype.toUpperCase())
  const data = found.map((record) => comparable(record.data, check.qtype))
  if (
    check.answers.length === 0 ||
    check.answers.some((expected) => data.includes(comparable(expected, check.qtype)))
  ) {
    return {
      outcome: 'pass',
      detail: `${reply.rcode}, ${found.length} ${check.qtype} ${found.length === 1 ? 'record' : 'records'}`,
    }
  }
  const said = found.length === 0 ? `no ${check.qtype} record` : found.map((record) => record.data).join(', ')
  return { outcome: 'fail', detail: `${shown(said)}, expected ${check.answers.join(' or ')}` }
}

/** Addresses in whatever form; strings of TXT put together, with or without quotes; names without case and final dot (RFC 4343). */
function comparable(data: string, qtype: string): string {
  const address = parseAddress(data)
  if (address !== null) return formatAddress(address)
  if (qtype.toUpperCase() !== 'TXT') return data.toLowerCase().replace(/\.$/, '')
  const strings = [...data.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((match) => match[1] ?? '')
  return strings.length === 0 ? data : strings.join('')
}
