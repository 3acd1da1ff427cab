/** Numbers of the DNS, as IANA's registries have them. */

export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  DS: 43,
  SVCB: 64,
  HTTPS: 65,
  NXNAME: 128,
  TKEY: 249,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  MAILB: 253,
  MAILA: 254,
  ANY: 255,
  CAA: 257,
} as const

export const CLASS = { IN: 1, CH: 3, ANY: 255 } as const

export const OPCODE = { QUERY: 0, NOTIFY: 4, UPDATE: 5 } as const

export const RCODE = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  NOTAUTH: 9,
  BADVERS: 16,
  BADCOOKIE: 23,
} as const
export type Rcode = (typeof RCODE)[keyof typeof RCODE]

/** TSIG error codes (RFC 8945 §3). */
export const TSIG_ERROR = { BADKEY: 17 } as const

/** EDNS option codes. */
export const OPTION = { NSID: 3, ECS: 8, COOKIE: 10, KEEPALIVE: 11, PADDING: 12, EDE: 15 } as const

/** INFO-CODEs of Extended DNS Errors (RFC 8914 §5.2, RFC 9824 §3.4 for the last). */
export const EDE = {
  OTHER: 0,
  STALE_ANSWER: 3,
  NOT_READY: 14,
  PROHIBITED: 18,
  NOT_AUTHORITATIVE: 20,
  NOT_SUPPORTED: 21,
  NETWORK_ERROR: 23,
  INVALID_QUERY_TYPE: 30,
} as const
export type EdeCode = (typeof EDE)[keyof typeof EDE]

/** Keys of service parameters (RFC 9460 §14.3.2). */
export const SVC_PARAM = { MANDATORY: 0, ALPN: 1, PORT: 3, IPV4HINT: 4, IPV6HINT: 6 } as const
