import type { Condition } from '../../domain/policy.ts'
import type { Test } from '../view.ts'
import { asn, cidr, continent, country, located, subdivision } from './location.ts'
import { all, any, not } from './logic.ts'
import { cookie, frontEnd, header, host, path, percent, tenant } from './request.ts'
import { time } from './time.ts'

/** The registry of conditions: one line each. Time windows are settled here, at `nowMs`. */
export function compileCondition(condition: Condition, nowMs: number): Test {
  switch (condition.kind) {
    case 'all':
      return all(condition.of.map((part) => compileCondition(part, nowMs)))
    case 'any':
      return any(condition.of.map((part) => compileCondition(part, nowMs)))
    case 'not':
      return not(compileCondition(condition.of, nowMs))
    case 'country':
      return country(condition.in)
    case 'continent':
      return continent(condition.in)
    case 'subdivision':
      return subdivision(condition.in)
    case 'asn':
      return asn(condition.in)
    case 'cidr':
      return cidr(condition.in)
    case 'located':
      return located(condition.is)
    case 'time':
      return time(condition, nowMs)
    case 'frontEnd':
      return frontEnd(condition.in)
    case 'tenant':
      return tenant(condition.attribute, condition.in)
    case 'header':
      return header(condition.name, condition.in)
    case 'cookie':
      return cookie(condition.name, condition.in)
    case 'path':
      return path(condition.prefixes)
    case 'host':
      return host(condition.in)
    case 'percent':
      return percent(condition.percent)
  }
}
