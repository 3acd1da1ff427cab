import { type ClientSubnet, parseClientSubnet } from './client-subnet.ts'
import { OPTION } from './codes.ts'

/** The OPT record of a query (RFC 6891 §6.1). */
export interface Edns {
  /** The requestor's UDP payload size as it came. */
  readonly payloadSize: number
  readonly dnssecOk: boolean
  readonly ecs: ClientSubnet | null
  /** Value of the first COOKIE option as it came, of whatever length. RFC 7873 §5.2: "only the first … is considered". */
  readonly cookie: Uint8Array | null
  /** Whether the server's id is asked for (RFC 5001). */
  readonly nsid: boolean
  /** OPTION-LENGTH of edns-tcp-keepalive (RFC 7828); null without. Whether that is right depends on the transport. */
  readonly keepaliveLength: number | null
  /** Whether the query had the Padding option (RFC 7830). */
  readonly padding: boolean
}

export interface ParsedOpt {
  readonly edns: Edns
  readonly problem: 'none' | 'formErr' | 'badVers'
}

/** Reads an OPT record from the octet behind its owner on; its options are from `dataStart` to `dataEnd`. */
export function parseOpt(message: Uint8Array, fixedPart: number, dataStart: number, dataEnd: number): ParsedOpt {
  const edns = {
    payloadSize: word(message, fixedPart + 2),
    dnssecOk: ((message[fixedPart + 6] ?? 0) & 0x80) !== 0,
    ecs: null as ClientSubnet | null,
    cookie: null as Uint8Array | null,
    nsid: false,
    keepaliveLength: null as number | null,
    padding: false,
  }
  // RFC 6891 §6.1.3: a responder that "does not implement the VERSION level of the request" MUST respond with BADVERS;
  // what the options of that version look like it cannot know.
  if ((message[fixedPart + 5] ?? 0) > 0) return { edns, problem: 'badVers' }
  let problem: ParsedOpt['problem'] = 'none'
  let seenEcs: 'none' | 'once' = 'none'
  for (let at = dataStart; at < dataEnd; ) {
    const start = at + 4
    const end = start + word(message, at + 2)
    if (start > dataEnd || end > dataEnd) return { edns, problem: 'formErr' }
    switch (word(message, at)) {
      case OPTION.ECS:
        edns.ecs = seenEcs === 'none' ? parseClientSubnet(message.subarray(start, end)) : null
        seenEcs = 'once'
        // The options behind it are read all the same: a client that uses cookies takes no answer without.
        if (edns.ecs === null) problem = 'formErr'
        break
      case OPTION.COOKIE:
        edns.cookie ??= message.slice(start, end)
        break
      case OPTION.NSID:
        edns.nsid = true
        break
      case OPTION.KEEPALIVE:
        edns.keepaliveLength ??= end - start
        break
      case OPTION.PADDING:
        edns.padding = true
        break
      // RFC 6891 §6.1.2: options that are not known "MUST be ignored".
    }
    at = end
  }
  return { edns, problem }
}

const word = (message: Uint8Array, at: number): number => ((message[at] ?? 0) << 8) | (message[at + 1] ?? 0)
