import type { IpAddress } from '../../domain/address.ts'

export interface DnsQuestion {
  /** Of the server that is asked. */
  readonly address: IpAddress
  readonly port: number
  readonly transport: 'udp' | 'tcp'
  readonly qname: string
  readonly qtype: string
  /** How long an answer may take: a datagram may be lost, and is sent again half-way. */
  readonly timeoutMs: number
}

export type DnsReply =
  | {
      readonly kind: 'answer'
      /** `NOERROR`, or `RCODE 17` for one without a name. */
      readonly rcode: string
      /** Records of the answer section: type and data in presentation form. */
      readonly answers: readonly { readonly type: string; readonly data: string }[]
      /** From the question to the answer; over TCP with the handshake. */
      readonly milliseconds: number
    }
  /** `unasked`: this node itself could not begin to ask. */
  | { readonly kind: 'none' | 'unasked'; readonly message: string }

/** Asks one server one question, recursion desired. Never rejects; ends when `signal` aborts, with everything closed. */
export type AskDns = (question: DnsQuestion, signal: AbortSignal) => Promise<DnsReply>
