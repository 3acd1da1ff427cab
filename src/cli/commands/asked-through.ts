import type { IncomingHttpHeaders } from 'node:http'
import { FRONT_ENDS, type FrontEnd, type RequestAttributes } from '../../domain/client.ts'
import type { Policy } from '../../domain/policy.ts'
import type { Tenants } from '../../domain/policy-set.ts'
import { requestAttributes } from '../../http/request-attributes.ts'
import { frontEndsOf } from '../../policy/lint/clients.ts'
import { didYouMean } from '../../policy/suggest.ts'
import { CommandFailure, EXIT } from '../io.ts'
import { readPairs } from '../options.ts'

/** What a question says of the request that it stands for. */
export interface RequestOptions {
  readonly frontEnd?: string
  readonly header?: readonly string[]
  readonly cookie?: readonly string[]
  readonly path?: string
  readonly host?: string
  readonly tenant?: string
}

export interface AskedThrough {
  readonly frontEnd: FrontEnd
  readonly request: RequestAttributes | null
  /** What has to be said beside the answer. */
  readonly notes: readonly string[]
}

/** Anything said of a request makes it one; without, the question comes through the first front end that knows the service. */
export function askedThrough(options: RequestOptions, policy: Policy, tenants: Tenants): AskedThrough {
  const saysRequest = [options.header, options.cookie, options.path, options.host, options.tenant].some(
    (it) => it !== undefined,
  )
  const known = frontEndsOf(policy)
  const fitting = saysRequest ? known.find((name) => name !== 'dns') : known[0]
  const wanted = options.frontEnd ?? fitting ?? (saysRequest ? 'redirect' : 'dns')
  const frontEnd = FRONT_ENDS.find((name) => name === wanted)
  if (frontEnd === undefined) {
    throw new CommandFailure(`--front-end ${wanted} is none of ${FRONT_ENDS.join(', ')}`, EXIT.usage)
  }
  const notes = known.includes(frontEnd)
    ? []
    : [`${policy.service} has no name in ${NAMED[frontEnd]}: nobody is answered through it`]
  if (frontEnd !== 'dns') return { frontEnd, ...asRequest(frontEnd, options, policy, tenants, notes) }
  if (saysRequest) {
    throw new CommandFailure(
      'DNS sees no header, cookie, path, host or tenant; ask through redirect or discovery',
      EXIT.usage,
    )
  }
  return { frontEnd, request: null, notes }
}

const NAMED: Readonly<Record<FrontEnd, string>> = {
  dns: 'DNS',
  redirect: 'the redirector',
  discovery: 'the discovery API',
}

/** The tenant is told as the front end tells it, from a peer that is a trusted proxy; `--tenant` stands above that. */
function asRequest(
  frontEnd: 'redirect' | 'discovery',
  options: RequestOptions,
  policy: Policy,
  tenants: Tenants,
  notes: readonly string[],
): Omit<AskedThrough, 'frontEnd'> {
  const named = options.tenant === undefined ? null : tenants.get(options.tenant)
  if (named === undefined) {
    const hint = didYouMean(options.tenant ?? '', tenants.keys())
    throw new CommandFailure(`no tenant "${options.tenant}" in the policies${hint === null ? '' : `; ${hint}`}`)
  }
  const given = readPairs('--header', options.header)
  const cookies = [...readPairs('--cookie', options.cookie)].map(([name, value]) => `${name}=${value}`).join('; ')
  const host = (options.host ?? '').toLowerCase()
  const path = options.path ?? '/'
  const headers: IncomingHttpHeaders = {
    ...(host === '' ? {} : { host }),
    ...(cookies === '' ? {} : { cookie: cookies }),
    ...Object.fromEntries(given),
  }
  const told = requestAttributes({
    head: { host, target: { path, rawPath: path, rawQuery: '' } },
    headers,
    policy,
    tenants,
    peerIsTrusted: true,
    pathIsOfService: frontEnd === 'redirect' ? 'yes' : 'no',
  })
  const request = named === null ? told : { ...told, tenant: named }
  const telling =
    named !== null
      ? []
      : policy.tenants.flatMap((from) => (from.from === 'header' && given.has(from.name) ? [from.name] : []))
  return {
    request,
    notes: [
      ...notes,
      ...(policy.tenants.length === 0 && named === null ? [] : [`tenant: ${request.tenant?.id ?? 'none'}`]),
      ...telling.map((name) => `${name} is taken as coming from a trusted proxy; from anybody else it tells no tenant`),
    ],
  }
}
