/** Non-cryptographic hashing: the same on every node and in every version, because stickiness depends on it. */

/** A 32-bit finaliser with full avalanche (Chris Wellons' lowbias32, bias 0.17). */
export function mix32(value: number): number {
  let x = value >>> 0
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
  return (x ^ (x >>> 15)) >>> 0
}

/** FNV-1a over the UTF-16 code units of `text`, finished by {@link mix32}. Unsigned 32 bits. */
export function hashText(text: string, seed = 0): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return mix32(hash)
}

/** FNV-1a over the first `length` octets, finished by {@link mix32}. Unsigned 32 bits. */
export function hashBytes(bytes: Uint8Array, length = bytes.length, seed = 0): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0
  for (let i = 0; i < length; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193)
  return mix32(hash)
}
