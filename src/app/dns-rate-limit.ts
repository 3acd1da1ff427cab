import { monotonicMs } from '../dns/fastpath/messages.ts'
import type { AnswerLimit } from '../dns/limit-answer.ts'
import { createRateLimiter, takeNotice } from '../dns/rate-limit.ts'
import { formatPrefix } from '../domain/address.ts'
import type { FrontParts } from './front-parts.ts'

/** At most one line a second, however many networks there are. */
const LOOK_EVERY_MS = 1_000

/** The rate limit of the node, which says in the log whose answers begin to be limited. Null when it is off. */
export function openRateLimit({ config, dice, schedule, log }: FrontParts, onStop: (() => void)[]): AnswerLimit | null {
  const { dnsRateLimit: perSecond, dnsRateLimitSlip: slip, dnsRateLimitExempt: exempt } = config
  if (perSecond === 0) return null
  const limiter = createRateLimiter({ perSecond, slip, exempt }, dice)
  let callOff = (): void => {}
  const look = (): void => {
    const notice = takeNotice(limiter)
    if (notice !== null) {
      const network = formatPrefix(notice.prefix)
      const others = notice.others === 0 ? '' : `; so are ${notice.others} more (by network, zone and kind)`
      log.warn(
        { network, limited: notice.limited, perSecond: notice.perSecond, others: notice.others },
        `DNS ${notice.limited} to ${network} are limited to ${notice.perSecond} a second${others}`,
      )
    }
    callOff = schedule(look, LOOK_EVERY_MS)
  }
  look()
  onStop.push(() => callOff())
  return { limiter, steadyMs: monotonicMs }
}
