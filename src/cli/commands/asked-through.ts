import { FRONT_ENDS, type FrontEnd, type RequestAttributes } from '../../domain/client.ts'
import type { Tenants } from '../../domain/policy-set.ts'
import { CommandFailure, EXIT } from '../io.ts'

/** What a question says of the request that it stands for. */
export interface RequestOptions {
  readonly frontEnd?: string
  readonly header?: readonly string[]
  readonly cookie?: readonly string[]
  readonly path?: string
  readonly host?: string
  readonly tenant?: string
}

/** Anything said of a request makes it one; without, the question comes by DNS. */
export function askedThrough(
  options: RequestOptions,
  tenants: Tenants,
): { frontEnd: FrontEnd; request: RequestAttributes | null } {
  const saysRequest = [options.header, options.cookie, options.path, options.host, options.tenant].some(
    (it) => it !== undefined,
  )
  const wanted = options.frontEnd ?? (saysRequest ? 'redirect' : 'dns')
  const frontEnd = FRONT_ENDS.find((name) => name === wanted)
  if (frontEnd === undefined) {
    throw new CommandFailure(`--front-end ${wanted} is none of ${FRONT_ENDS.join(', ')}`, EXIT.usage)
  }
  if (frontEnd === 'dns') {
    if (saysRequest)
      throw new CommandFailure(
        'DNS sees no header, cookie, path, host or tenant; ask through redirect or discovery',
        EXIT.usage,
      )
    return { frontEnd, request: null }
  }
  const headers = pairs('--header', options.header)
  const cookies = pairs('--cookie', options.cookie)
  const tenant = options.tenant === undefined ? null : tenants.get(options.tenant)
  if (tenant === undefined) throw new CommandFailure(`no tenant "${options.tenant}" in the policies`)
  const request: RequestAttributes = {
    host: (options.host ?? '').toLowerCase(),
    path: options.path ?? '/',
    header: (name) => headers.get(name),
    cookie: (name) => cookies.get(name),
    tenant,
  }
  return { frontEnd, request }
}

function pairs(flag: string, texts: readonly string[] = []): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text) => {
      const at = text.indexOf('=')
      if (at < 1) throw new CommandFailure(`${flag} ${text}: expected name=value`, EXIT.usage)
      return [text.slice(0, at).toLowerCase(), text.slice(at + 1)]
    }),
  )
}
