/** What a failed command means: whether the server did it, whether to try again, and what to tell the operator. */
import { StoreUnavailable } from '../../ports/store.ts'
import { NotSent } from './connection.ts'

export interface Failure {
  /** `no`: the server did nothing of it, since scripts are atomic and fail before they write; `unknown`: no answer came. */
  readonly done: 'no' | 'unknown'
  /** Whether it may be different in a moment: after a failover, or on another connection. */
  readonly passes: 'soon' | 'not by itself'
  readonly why: string
}

/** Error replies begin with a word in capitals (Redis serialization protocol, "Simple errors"). */
const REFUSALS: Readonly<Record<string, { readonly means: string; readonly passes?: 'soon' }>> = {
  LOADING: { means: 'it is still reading its data from disk; try again in a moment' },
  READONLY: { means: 'it is a replica now; the primary is looked for', passes: 'soon' },
  MASTERDOWN: { means: 'it is a replica that has lost its primary', passes: 'soon' },
  TRYAGAIN: { means: 'the Cluster is moving its keys', passes: 'soon' },
  CLUSTERDOWN: { means: 'the Cluster has too few nodes to serve' },
  MOVED: { means: 'it is a node of a Cluster; write redis+cluster:// in redis.url' },
  CROSSSLOT: { means: 'keys of one fleet must be in one slot of a Cluster' },
  OOM: { means: 'its memory is full; give it more (maxmemory), with maxmemory-policy noeviction' },
  MISCONF: { means: 'it cannot write its own file, and therefore refuses changes; see its log' },
  NOREPLICAS: { means: 'it has fewer replicas than min-replicas-to-write asks for' },
  NOAUTH: { means: 'it asks for a password; set redis.passwordFile, or write it in redis.url' },
  WRONGPASS: { means: 'the user or the password is wrong; see redis.url and redis.passwordFile' },
  NOPERM: { means: 'its user may not do that; docs/redis.md has the rights that are needed' },
  NOPROTO: { means: 'it is older than the Redis 7 that is needed' },
  BUSY: { means: 'a script of somebody else blocks it' },
  WRONGTYPE: { means: 'a key of ours is used for something else; choose another redis.prefix' },
  ERR: { means: 'it refused the command' },
}

const SYSTEM: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
  ENOTFOUND: 'the name does not exist',
  EAI_AGAIN: 'the name cannot be resolved now',
  ETIMEDOUT: 'it does not answer',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
}

export function failureOf(error: unknown): Failure {
  const { message, code } = error as Error & { code?: string }
  const word = /^[A-Z]+\b/.exec(message)?.[0] ?? ''
  const refusal = Object.hasOwn(REFUSALS, word) ? REFUSALS[word] : undefined
  if (refusal !== undefined) {
    const passes = refusal.passes ?? 'not by itself'
    return { done: 'no', passes, why: `${refusal.means} (it said: ${cut(message)})` }
  }
  const systemCode = code ?? /\bE[A-Z_]{3,}\b/.exec(message)?.[0] ?? ''
  const means = Object.hasOwn(SYSTEM, systemCode) ? `${SYSTEM[systemCode]} (${cut(message)})` : plainly(message)
  return error instanceof NotSent
    ? { done: 'no', passes: 'not by itself', why: means }
    : { done: 'unknown', passes: 'soon', why: means }
}

/** In our words what ioredis says in its own. */
function plainly(message: string): string {
  if (/^Command timed out|^Socket timeout/.test(message)) return 'it did not answer in time'
  if (/max retries per request|^Connection is closed|aborted due to connection close/.test(message))
    return 'the connection broke before it answered'
  if (/^All sentinels are unreachable/.test(message)) return `no Sentinel tells where the primary is (${cut(message)})`
  if (/^Failed to refresh slots cache/.test(message)) return 'no node of the Cluster answers'
  return cut(message)
}

const MOST_SHOWN = 200
const cut = (text: string): string => (text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text)

/**
 * @param what cannot be done, as a sentence begins, such as `revision 8 could not be written`
 * @param outcome what happens now
 */
export const unreadable = (what: string, where: string, error: unknown, outcome = 'What is in force stays') =>
  new StoreUnavailable(`${what}: Redis at ${where}: ${failureOf(error).why}. ${outcome}.`, 'no', error)

export function unwritten(what: string, where: string, error: unknown, done: 'no' | 'unknown'): StoreUnavailable {
  const outcome =
    done === 'no'
      ? 'Nothing was written'
      : 'It was sent and no answer came: it may have been written, or not. Look before you try again'
  return new StoreUnavailable(`${what}: Redis at ${where}: ${failureOf(error).why}. ${outcome}.`, done, error)
}
