/**
 * The two messages of `grpc.health.v1.Health/Check` in the wire format of protocol buffers, each in the frame of gRPC
 * (github.com/grpc/grpc, doc/PROTOCOL-HTTP2.md: one octet of compression, four of length).
 */

export const HEALTH_CHECK_PATH = '/grpc.health.v1.Health/Check'

const FRAME_HEADER = 5
/** Field 1, length-delimited. */
const SERVICE_TAG = 0x0a
/** Field 1, varint. */
const STATUS_TAG = 0x08

/** `HealthCheckRequest { string service = 1; }`; the field is left out when it is empty. */
export function composeHealthRequest(service: string): Uint8Array {
  const name = Buffer.from(service, 'utf8')
  const message =
    name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Uint8Array.from([SERVICE_TAG, ...varint(name.length)]), name])
  const header = Buffer.alloc(FRAME_HEADER)
  header.writeUInt32BE(message.length, 1)
  return Buffer.concat([header, message])
}

function varint(value: number): number[] {
  const octets: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...octets, rest]
    octets.push((rest & 0x7f) | 0x80)
  }
}

/** `ServingStatus` of grpc/health/v1/health.proto, by number. */
const SERVING_STATUS = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const

/** The status of a `HealthCheckResponse { ServingStatus status = 1; }` in its frame; null when it cannot be read. */
export function parseHealthResponse(octets: Uint8Array): string | null {
  const frame = Buffer.from(octets)
  const isWhole =
    frame.length >= FRAME_HEADER && frame[0] === 0 && frame.length === FRAME_HEADER + frame.readUInt32BE(1)
  if (!isWhole) return null
  // A default value is left out: an empty message is UNKNOWN.
  let status = 0
  for (let at = FRAME_HEADER; at < frame.length; ) {
    const isStatus = frame[at] === STATUS_TAG
    const value = frame[at + 1] ?? 0x80
    // There is one field, and its values fit into one octet.
    if (!isStatus || value >= 0x80) return null
    status = value
    at += 2
  }
  return SERVING_STATUS[status] ?? `status ${status}`
}
