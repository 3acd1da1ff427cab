import type { Plan } from '../../domain/plan.ts'
import type { SteeredService } from '../../steering/snapshot.ts'
import { isWildcard, parentOf, type WireName } from '../wire/name.ts'
import { ghostsOf, renderName, type SteeredEntry } from './compile-names.ts'
import type { CompiledService, ServiceAnswer } from './compile-service.ts'
import { createPacker, type Part } from './packer.ts'
import { createInterner, type Oracle, type Rendered, ttlOffsets } from './render.ts'
import { PUNT, STEER } from './table.ts'

/**
 * The templates of all that a service answers at one name and type. Its words begin with the steer and the answers: what only
 * the table knows is put in when it is laid out.
 * @param isIndexed whether what is said about all names below a wildcard need not be right for this one
 */
export function packAnswers(
  oracle: Oracle,
  entry: SteeredEntry,
  service: SteeredService,
  { answers }: CompiledService,
  isIndexed: (name: WireName) => boolean,
  nowMs: number,
): Part {
  const packer = createPacker()
  const intern = createInterner()
  packer.words(new Array<number>(STEER.size + answers.length).fill(PUNT))
  const numbers = answers.map((answer) =>
    packer.template(intern(renderAnswer(oracle, entry, service, answer, isIndexed, nowMs))),
  )
  const part = packer.finish()
  part.words.set(numbers, STEER.size)
  return part
}

/** What the complete path says at this name when the service gives this answer. */
function renderAnswer(
  oracle: Oracle,
  { name, type }: SteeredEntry,
  service: SteeredService,
  { plan, list }: ServiceAnswer,
  isIndexed: (name: WireName) => boolean,
  nowMs: number,
): Rendered | null {
  const ask = (held: Plan, atMs: number) => {
    oracle.hold(service, held, list)
    const made = renderName(oracle, name, type, atMs)
    const { services = [], learned = true } = made?.asked ?? {}
    // Another service behind the first one has plans of its own.
    if (made === null || learned || services.length !== 1 || services[0] !== service.policy.service) return null
    const ghosts = isWildcard(name) ? ghostsOf(made.asked, parentOf(name)) : []
    return ghosts.every(isIndexed) ? made.rendered : null
  }
  const lasting = ask({ ...plan, validUntilMs: Number.POSITIVE_INFINITY }, nowMs)
  if (plan.validUntilMs === Number.POSITIVE_INFINITY) return lasting
  const ending = ask({ ...plan, validUntilMs: 0 }, 0)
  return lasting === null || ending === null ? null : { ...lasting, ttls: differentTtls(lasting, ending) }
}

/** The TTLs that come from the plan: those that are another when it ends at once. */
const differentTtls = (a: Rendered, b: Rendered): readonly number[] =>
  ttlOffsets(a.octets).filter(
    (at) => Buffer.compare(a.octets.subarray(at, at + 4), b.octets.subarray(at, at + 4)) !== 0,
  )
