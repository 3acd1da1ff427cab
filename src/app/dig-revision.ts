import type { PolicySet } from '../domain/policy-set.ts'
import type { Revision, SourceDocument } from '../domain/revision.ts'
import { loadDocuments } from '../policy/load.ts'
import type { Store } from '../ports/store.ts'
import { revisionDigest } from '../state/revision-digest.ts'
import { askAdmin } from './ask-admin.ts'
import type { ListenAddress } from './config-values.ts'

/** What a running node says of itself on its admin port, as far as it matters here. */
export interface NodeWord {
  readonly revision: { readonly number: number; readonly digest: string }
  readonly geo: string | null
}

/** The policies that a prediction is made from. */
export interface ChosenRevision {
  readonly set: PolicySet
  readonly revision: Omit<Revision, 'documents'>
  /** Where they were read, as it follows "policies of". */
  readonly source: string
  /** Whether the node itself told its revision, and this is it: elsewhere the same policies have another number. */
  readonly isInForce: boolean
  /** What has to be said beside, one sentence each. */
  readonly notes: readonly string[]
}

/** Asks `GET /v1/status`; null when nobody answers there, or not so. Never rejects. */
export const askNode = async (admin: ListenAddress | null): Promise<NodeWord | null> =>
  readStatus(await askAdmin(admin, '/v1/status'))

function readStatus(status: unknown): NodeWord | null {
  const { revision, about } = (status ?? {}) as {
    revision?: Partial<NodeWord['revision']>
    about?: { geo?: { name?: string } }
  }
  const { number, digest } = revision ?? {}
  if (typeof number !== 'number' || typeof digest !== 'string') return null
  return { revision: { number, digest }, geo: about?.geo?.name ?? null }
}

export interface Candidates {
  readonly store: Store
  /** What the policy directory holds; null when it cannot be read whole. */
  readonly documents: readonly SourceDocument[] | null
  readonly directory: string
  /** Of the node that is asked; null when it does not say. */
  readonly node: NodeWord | null
  /** `none`: nobody is asked, and the directory's own word counts. */
  readonly asks: 'a node' | 'nobody'
  readonly nowMs: number
}

/**
 * The revision that the asked node serves: the one that it tells, else the newest of the state directory, which is what the
 * nodes on it serve; else, and when nobody is asked, what stands in the policy directory. Null when nothing reads well.
 */
export async function chooseRevision(candidates: Candidates): Promise<ChosenRevision | null> {
  const { store, documents, directory, node, asks } = candidates
  const digest = documents === null ? null : revisionDigest(documents)
  const head = await store.head()
  const served = node === null ? null : await store.revision(node.revision.number)
  const read = await readable(candidates)

  if (node !== null && served?.digest === node.revision.digest) {
    const notes = digest === served.digest ? [] : [otherwise(directory, served.number, 'is in force')]
    return made(served, `revision ${served.number}, in force`, true, notes)
  }
  if (node !== null) {
    const isSame = digest === node.revision.digest
    const notes = isSame
      ? []
      : [
          `the node serves revision ${node.revision.number}, which is not in the state directory: this is what ${directory} says, and differs where they do`,
        ]
    return read === null
      ? null
      : { ...read, revision: { ...read.revision, ...node.revision }, isInForce: isSame, notes }
  }
  if (head !== null && (asks === 'a node' || head.digest === digest)) {
    const notes = head.digest === digest ? [] : [otherwise(directory, head.number, 'is the newest')]
    return made(head, `revision ${head.number}`, false, notes)
  }
  return read
}

const otherwise = (directory: string, number: number, rank: string): string =>
  `${directory} reads otherwise than revision ${number}, which ${rank} and is what is shown; nearcast check tells whether it will be taken over`

function made(
  { documents, ...revision }: Revision,
  source: string,
  isInForce: boolean,
  notes: readonly string[],
): ChosenRevision | null {
  const { set } = loadDocuments(documents)
  return set === null ? null : { set, revision, source, isInForce, notes }
}

async function readable({ documents, directory, nowMs }: Candidates): Promise<ChosenRevision | null> {
  const set = documents === null ? null : loadDocuments(documents).set
  if (documents === null || set === null || set.policies.length + set.zones.length === 0) return null
  const revision = { number: 1, digest: revisionDigest(documents), author: '', reason: '', atMs: nowMs }
  return { set, revision, source: directory, isInForce: false, notes: [] }
}
