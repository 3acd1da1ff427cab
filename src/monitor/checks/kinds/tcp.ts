import { whomToAsk } from '../asked.ts'
import { openTcp } from '../connect.ts'
import type { ProbeKind } from '../kind.ts'

/** A connection is enough; nothing is sent. */
export const probeTcp: ProbeKind<'tcp'> = (check, tools) => async (target, attempt) => {
  const { address } = await whomToAsk(target, tools, attempt)
  await openTcp(address, check.port, attempt)
  return { outcome: 'pass', detail: `connected to port ${check.port}` }
}
