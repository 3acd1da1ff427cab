/** The names of all keys. docs/redis.md has the same table in words. */

export interface Keys {
  /** Hash: which revision is the newest, how often the overrides changed, the number of the last notice. */
  readonly state: string
  /** Hash: revision number → its whole text. */
  readonly revisions: string
  /** Hash: revision number → who, why, when, digest. */
  readonly history: string
  /** Hash: target → the override. */
  readonly overrides: string
  /** Stream: one entry for each change, `<number>-0`. */
  readonly changes: string
  /** String that expires: what a write answered, so that its repetition is answered alike and does nothing. */
  done(writeId: string): string
}

/**
 * The prefix in braces is the hash tag: all keys of a fleet are in one slot, as scripts over several keys need it in a
 * Cluster (Redis Cluster specification, "Hash tags").
 */
export function keysOf(prefix: string): Keys {
  const key = (name: string): string => `{${prefix}}:${name}`
  return {
    state: key('state'),
    revisions: key('revisions'),
    history: key('history'),
    overrides: key('overrides'),
    changes: key('changes'),
    done: (writeId) => key(`done:${writeId}`),
  }
}
