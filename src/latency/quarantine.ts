import { LEVELS, QUARANTINE_DEVIATIONS, QUORUM } from './constants.ts'
import { median, weightedMedian } from './medians.ts'
import { byCentred, byTarget, type Vote } from './votes.ts'

/**
 * ASNs of a country whose clients tell another story about a target than those of its other ASNs ("Poisoning"): what they say does
 * not count beyond themselves, and there only from a larger quorum. An ASN that is slow to everything is none of them: votes are
 * centred. It takes two others to judge one.
 * @returns the target keys in quarantine, by ASN
 */
export function quarantineOf(votes: readonly Vote[]): ReadonlyMap<number, ReadonlySet<string>> {
  const found = new Map<number, Set<string>>()
  for (const [target, of] of byTarget(votes)) {
    const medians = [...Map.groupBy(of, ({ cell }) => cell.place.asn)].flatMap(([asn, own]) =>
      asn === null || own.length < QUORUM.prefixes ? [] : [{ asn, ms: weightedMedian(own.map(byCentred)) }],
    )
    if (medians.length < 3) continue
    for (const { asn, ms } of medians) {
      const others = median(medians.flatMap((other) => (other.asn === asn ? [] : [other.ms])))
      if (Math.abs(ms - others) <= QUARANTINE_DEVIATIONS * LEVELS.country.sdMs) continue
      const targets = found.get(asn) ?? new Set()
      found.set(asn, targets.add(target))
    }
  }
  return found
}
