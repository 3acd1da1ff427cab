import { sipHash24, sipPad } from './sip-hash.ts'

/**
 * Secrets of the server cookies (RFC 9018), in memory that worker threads share: a rotation is seen by all at once.
 * Nothing here allocates: both paths call it for packets.
 */
export interface CookieJar {
  /** To be handed to a worker thread, which opens it with `openCookieJar`. */
  readonly shared: SharedArrayBuffer
  readonly words: Int32Array
}

/** What a COOKIE option is worth. `none` is for queries without one. */
export const COOKIE = {
  none: 0,
  /** RFC 7873 §5.2.2: "of a length that's less than 8, between 9 and 15 or greater than 40": FORMERR. */
  malformed: 1,
  /** A client cookie alone. */
  client: 2,
  /** The server cookie is not ours, expired, or of another client. */
  bad: 3,
  good: 4,
  /** Good, but to be replaced: old, or made with a former secret. */
  renew: 5,
} as const

/** For counting: `client` is a client cookie alone, `bad` one that is malformed, or not or no longer ours. */
export type CookieState = 'none' | 'client' | 'bad' | 'good'

/** @param cookie one of `COOKIE` */
export function cookieStateOf(cookie: number): CookieState {
  if (cookie === COOKIE.none) return 'none'
  if (cookie === COOKIE.client) return 'client'
  return cookie === COOKIE.good || cookie === COOKIE.renew ? 'good' : 'bad'
}

export const SECRET_LENGTH = 16
export const MAX_SECRETS = 4
export const CLIENT_COOKIE_LENGTH = 8
/** The option as we write it: a client cookie and an RFC 9018 server cookie. */
export const COOKIE_LENGTH = 24

/** Word 0: the slot of the first secret, and in the low octet how many are believed. Behind it a ring of slots. */
const SLOTS = 8
const SLOT_WORDS = SECRET_LENGTH / 4
const slotAt = (slot: number): number => 1 + (slot % SLOTS) * SLOT_WORDS

/**
 * The first secret makes cookies, all are believed.
 * @throws Error unless there are 1 to `MAX_SECRETS` of 16 octets: without any, everybody could make cookies
 */
export function createCookieJar(secrets: readonly Uint8Array[]): CookieJar {
  if (secrets.length < 1 || secrets.length > MAX_SECRETS || secrets.some(({ length }) => length !== SECRET_LENGTH)) {
    const found = secrets.map(({ length }) => `${length}`).join(', ') || 'none'
    throw new Error(`secrets of DNS cookies have ${found} octets; expected 1 to ${MAX_SECRETS} of ${SECRET_LENGTH}`)
  }
  const jar = openCookieJar(new SharedArrayBuffer((1 + SLOTS * SLOT_WORDS) * 4))
  for (const [index, secret] of secrets.entries()) putSecret(jar, index, secret)
  Atomics.store(jar.words, 0, secrets.length)
  return jar
}

export const openCookieJar = (shared: SharedArrayBuffer): CookieJar => ({ shared, words: new Int32Array(shared) })

/** A new secret makes cookies from now on; the one that made them until now is believed beside it, older ones are forgotten. */
export function rotateSecret(jar: CookieJar, secret: Uint8Array): void {
  const first = (((Atomics.load(jar.words, 0) >> 8) + SLOTS - 1) % SLOTS) | 0
  // The slot is not believed while it is written: no reader sees half of a secret.
  putSecret(jar, first, secret)
  Atomics.store(jar.words, 0, (first << 8) | 2)
}

function putSecret({ words }: CookieJar, slot: number, secret: Uint8Array): void {
  const view = new DataView(secret.buffer, secret.byteOffset, SECRET_LENGTH)
  for (let word = 0; word < SLOT_WORDS; word++) words[slotAt(slot) + word] = view.getInt32(word * 4, true)
}

const VERSION = 1
const VERSION_AT = 8
const TIME_AT = 12
const HASH_AT = 16

/** RFC 9018 §4.3: "between 1 hour in the past and 5 minutes into the future". */
const MAX_AGE_SECONDS = 3600
const MAX_AHEAD_SECONDS = 300
/** The same: "if the Server Cookie is older than half an hour", a new one. */
const RENEW_AFTER_SECONDS = 1800

/**
 * Judges the COOKIE option whose value stands at `at` in `octets`, from the client at `address` (4 or 16 octets from
 * `addressAt` on). Returns one of `COOKIE`.
 */
export function judgeCookie(
  jar: CookieJar,
  octets: Uint8Array,
  at: number,
  length: number,
  address: Uint8Array,
  addressAt: number,
  addressLength: number,
  nowSeconds: number,
): number {
  if (length === CLIENT_COOKIE_LENGTH) return COOKIE.client
  if (length < 16 || length > 40) return COOKIE.malformed
  if (length !== COOKIE_LENGTH || octets[at + VERSION_AT] !== VERSION) return COOKIE.bad
  // RFC 9018 §4.3: the time is a serial number (RFC 1982); it wraps.
  const ageSeconds = (nowSeconds - bigEndianWord(octets, at + TIME_AT)) | 0
  if (ageSeconds > MAX_AGE_SECONDS || ageSeconds < -MAX_AHEAD_SECONDS) return COOKIE.bad
  for (let octet = 0; octet < HASH_AT; octet++) hashed[octet] = octets[at + octet] as number
  const paddedLength = putAddress(address, addressAt, addressLength)
  const believed = Atomics.load(jar.words, 0)
  for (let index = 0; index < (believed & 0xff); index++) {
    sipHash24(jar.words, slotAt((believed >> 8) + index), hashed, 0, paddedLength, hash)
    const difference =
      (littleEndianWord(octets, at + HASH_AT) ^ (hash[0] as number)) |
      (littleEndianWord(octets, at + HASH_AT + 4) ^ (hash[1] as number))
    if (difference === 0) return index > 0 || ageSeconds > RENEW_AFTER_SECONDS ? COOKIE.renew : COOKIE.good
  }
  return COOKIE.bad
}

/**
 * Writes the value of a COOKIE option, 24 octets: the client cookie that stands at `at` in `octets`, and a server cookie
 * of now for the client at `address`.
 */
export function writeCookie(
  jar: CookieJar,
  octets: Uint8Array,
  at: number,
  address: Uint8Array,
  addressAt: number,
  addressLength: number,
  nowSeconds: number,
  out: Uint8Array,
  outAt: number,
): void {
  for (let octet = 0; octet < CLIENT_COOKIE_LENGTH; octet++) hashed[octet] = octets[at + octet] as number
  hashed.fill(0, VERSION_AT, TIME_AT)
  hashed[VERSION_AT] = VERSION
  hashed[TIME_AT] = nowSeconds >>> 24
  hashed[TIME_AT + 1] = nowSeconds >>> 16
  hashed[TIME_AT + 2] = nowSeconds >>> 8
  hashed[TIME_AT + 3] = nowSeconds
  const paddedLength = putAddress(address, addressAt, addressLength)
  sipHash24(jar.words, slotAt(Atomics.load(jar.words, 0) >> 8), hashed, 0, paddedLength, hash)
  for (let octet = 0; octet < HASH_AT; octet++) out[outAt + octet] = hashed[octet] as number
  for (let octet = 0; octet < 8; octet++) {
    out[outAt + HASH_AT + octet] = (hash[octet >> 2] as number) >>> ((octet & 3) * 8)
  }
}

/** Registers: RFC 9018 §4.4 hashes client cookie, version, reserved, time and address, 32 octets at most and their padding. */
const hashed = new Uint8Array(40)
const hash = new Int32Array(2)

/** Behind what is hashed already; returns the padded length. IPv4-mapped addresses are those of IPv4. */
function putAddress(address: Uint8Array, at: number, length: number): number {
  const start = length === 16 && isIpv4Mapped(address, at) ? at + 12 : at
  const size = at + length - start
  for (let octet = 0; octet < size; octet++) hashed[HASH_AT + octet] = address[start + octet] as number
  return sipPad(hashed, 0, HASH_AT + size)
}

function isIpv4Mapped(address: Uint8Array, at: number): boolean {
  for (let octet = 0; octet < 10; octet++) if (address[at + octet] !== 0) return false
  return address[at + 10] === 0xff && address[at + 11] === 0xff
}

const bigEndianWord = (octets: Uint8Array, at: number): number =>
  ((octets[at] as number) << 24) |
  ((octets[at + 1] as number) << 16) |
  ((octets[at + 2] as number) << 8) |
  (octets[at + 3] as number)

const littleEndianWord = (octets: Uint8Array, at: number): number =>
  (octets[at] as number) |
  ((octets[at + 1] as number) << 8) |
  ((octets[at + 2] as number) << 16) |
  ((octets[at + 3] as number) << 24)
