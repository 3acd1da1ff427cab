/**
 * Which of the offered media types the client likes best (RFC 9110 §12.5.1); the first offer when it does not care,
 * or wants none of them: an answer that a client may not like is better than a 406 in place of a redirect.
 *
 * @param offers media types in lower case, in the server's own order of preference
 */
export function preferredType<const Offer extends string>(
  accept: string | undefined,
  offers: readonly [Offer, ...Offer[]],
): Offer {
  if (accept === undefined || accept.trim() === '' || accept.trim() === '*/*') return offers[0]
  const ranges = accept.slice(0, MAX_ACCEPT_OCTETS).split(',').map(parseRange)
  let best: Offer = offers[0]
  let bestQuality = 0
  for (const offer of offers) {
    const quality = qualityOf(offer, ranges)
    if (quality > bestQuality) {
      best = offer
      bestQuality = quality
    }
  }
  return best
}

/** Browsers send about 150; the rest of a longer header is not read. */
const MAX_ACCEPT_OCTETS = 1024

interface MediaRange {
  readonly type: string
  readonly quality: number
}

function parseRange(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const weight = parameters.find((parameter) => parameter.startsWith('q='))
  // RFC 9110 §12.4.2: "qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )"; another value is no wish.
  const quality =
    weight === undefined ? 1 : /^q=(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight) ? Number(weight.slice(2)) : 0
  return { type, quality }
}

/** The most specific range that matches decides. */
function qualityOf(offer: string, ranges: readonly MediaRange[]): number {
  for (const pattern of [offer, `${offer.split('/')[0]}/*`, '*/*']) {
    const range = ranges.find((candidate) => candidate.type === pattern)
    if (range !== undefined) return range.quality
  }
  return 0
}
