import type { Config } from '../../app/config.ts'
import { explain } from '../../app/explain.ts'
import { DEPENDS } from '../../domain/plan.ts'
import type { PolicySet } from '../../domain/policy-set.ts'
import { loadDocuments } from '../../policy/load.ts'
import { type DecisionKey, parseDecisionId } from '../../steering/decision-id.ts'
import { classNumbered, namedByFacts } from '../../steering/network-classes.ts'
import { representative } from '../../steering/steering-map.ts'
import { CommandFailure, EXIT, type Io } from '../io.ts'
import { openFacts, openGeoData, openStore, parseTime } from '../open.ts'
import { askedThrough, type RequestOptions } from './asked-through.ts'
import type { ExplainView } from './explain-view.ts'

interface DecisionOptions extends RequestOptions {
  readonly at?: string
  readonly down?: readonly string[]
}

const REQUEST_BITS = DEPENDS.tenant | DEPENDS.header | DEPENDS.cookie | DEPENDS.path | DEPENDS.host

/** Opens the trace of a decision that was given: its revision from the history, its location and slot from the id, the facts as they are now. */
export async function explainDecision(
  id: string,
  options: DecisionOptions,
  config: Config,
  io: Io,
): Promise<ExplainView> {
  const key = parseDecisionId(id)
  if (key === null) {
    throw new CommandFailure(`"${id}" is no decision id; one looks like api:1:d:3f2:0:1a2b3c:zik0zj`, EXIT.usage)
  }
  const geo = await openGeoData(config, io)
  const set = await revisionSet(key, config, io)
  const policy = set.policies.find(({ service }) => service === key.service)
  if (policy === undefined) throw new CommandFailure(`revision ${key.revision} has no service "${key.service}"`)
  const networkClass = classNumbered(policy, key.classId)
  const location = geo.locations[key.locationId]
  if (networkClass === null || location === undefined) {
    throw new CommandFailure(
      `${id} was given on another geo database: location ${key.locationId} is not in ${geo.info.name}`,
    )
  }
  const nowMs = parseTime(options.at, io)
  const facts = await openFacts(config, io, policy, nowMs, options.down ?? [])
  const asked = askedThrough({ ...options, frontEnd: key.frontEnd }, policy, set.tenants)
  const client = { ...representative(location, networkClass), frontEnd: key.frontEnd, request: asked.request }
  const notes = [...asked.notes]
  if (options.at === undefined) {
    notes.push(
      'overrides and time are those of now: the answer that was given may have been another; --at sets the time',
    )
  }
  const named = namedByFacts(policy, facts)
  if (named.prefixes.length > 0) {
    notes.push(
      'measurements or reports tell some networks apart, which a decision id does not hold: if the client is in one of them, explain its address',
    )
  }
  const explanation = explain(
    { policy, facts, nowMs },
    { text: id, client, city: null, locationId: key.locationId },
    key.slot,
  )
  if ((explanation.plan.dependsOn & REQUEST_BITS) !== 0) {
    notes.push(
      'this policy also reads the request itself, which a decision id does not hold: repeat it with --header, --cookie, --path, --host or --tenant',
    )
  }
  return { of: 'decision', explanation, split: null, notes }
}

async function revisionSet(key: DecisionKey, config: Config, io: Io): Promise<PolicySet> {
  const store = await openStore(config, io)
  try {
    const revision = await store.revision(key.revision)
    if (revision === null) {
      throw new CommandFailure(`revision ${key.revision} is not in the state directory ${config.state} (any more)`)
    }
    const { set } = loadDocuments(revision.documents)
    if (set === null)
      throw new CommandFailure(`revision ${key.revision} does not read any more under this version of Nearcast`)
    return set
  } finally {
    await store.close()
  }
}
