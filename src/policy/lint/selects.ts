import type { Endpoint } from '../../domain/endpoint.ts'
import type { Selector } from '../../domain/policy.ts'
import { matchSelector } from '../../engine/selectors.ts'

/** Whether a selector names an endpoint, as the engine sees it. */
export const selects = (selector: Selector, endpoint: Endpoint): boolean => matchSelector(selector, [endpoint])[0] === 1
