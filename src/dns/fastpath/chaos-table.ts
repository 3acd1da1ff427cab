import { answerChaos, CHAOS_NAMES, type ChaosTexts } from '../chaos.ts'
import { PROBLEM_REFUSAL, type Refusal, refusalOf } from '../refusal.ts'
import { emptyReply, type Reply } from '../reply.ts'
import { CLASS, TYPE } from '../wire/codes.ts'
import { ROOT, type WireName } from '../wire/name.ts'
import { type CompiledTable, FIRST_WORD, layOutAlone } from './layout.ts'
import { createPacker } from './packer.ts'
import { PROBLEM } from './read-query.ts'
import { type Asked, createInterner, type Rendered, render } from './render.ts'
import { ENTRY, OTHER_TYPE, PROBLEM_TYPE, PUNT } from './table.ts'
import { emptyTrees } from './tree-buffer.ts'

/** Those that `refusalOf` may know: 0, OPT, and the Q and meta types of RFC 6895 §3.1. */
const NO_DATA = [0, TYPE.OPT, ...Array.from({ length: 127 }, (_, index) => 128 + index)]

/**
 * The table of class CH: the few names that tell about the node, and the refusal of all others, which is that of other classes too.
 * At its root stand the types that are no data of any name, as they are refused in every class.
 */
export function compileChaos(texts: ChaosTexts): CompiledTable {
  const packer = createPacker(FIRST_WORD)
  const intern = createInterner()
  const rendered = (name: WireName, type: number): Rendered | null => {
    const reply = emptyReply()
    answerChaos(reply, name, type, texts)
    return intern(render(askedFor(reply), name, type, CLASS.CH))
  }
  const told = (name: WireName, type: number): number => packer.template(rendered(name, type))
  const refusals = [
    ...NO_DATA.map((type) => [type, refusalOf({ name: ROOT, type, class: CLASS.IN, end: 0 })] as const),
    [PROBLEM_TYPE + PROBLEM.formErr, PROBLEM_REFUSAL.formErr] as const,
    [PROBLEM_TYPE + PROBLEM.badVers, PROBLEM_REFUSAL.badVers] as const,
  ].flatMap(([type, refusal]) => [type, packer.template(intern(refusalTo(refusal))), PUNT])
  const refused = told(ROOT, OTHER_TYPE)
  const noZone = 0
  packer.refused(rendered(ROOT, OTHER_TYPE))
  packer.name(ROOT, [packer.words(refusals), refusals.length / ENTRY.size, refused, PUNT, refused, noZone])
  for (const name of CHAOS_NAMES) {
    const entries = [TYPE.TXT, TYPE.ANY].flatMap((type) => [type, told(name, type), PUNT])
    packer.name(name, [
      packer.words(entries),
      entries.length / ENTRY.size,
      told(name, OTHER_TYPE),
      PUNT,
      refused,
      noZone,
    ])
  }
  return layOutAlone(packer.finish(), emptyTrees())
}

function refusalTo(refusal: Refusal | null): Rendered | null {
  if (refusal === null) return null
  const { rcode, code } = refusal
  const error = code === null ? null : { code, text: '' }
  return render(askedFor({ ...emptyReply(), rcode, error }), ROOT, OTHER_TYPE)
}

const askedFor = (reply: Reply): Asked => ({
  reply,
  services: [],
  ecs: null,
  endpoint: null,
  outcome: null,
  visited: [],
  learned: false,
  hasRevisionSerial: false,
})
