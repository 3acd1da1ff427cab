import type { IpAddress } from './address.ts'
import type { Location } from './place.ts'

export const FRONT_ENDS = ['dns', 'redirect', 'discovery'] as const
export type FrontEnd = (typeof FRONT_ENDS)[number]

/** Where the client's address came from. */
export type AddressSource = 'ecs' | 'resolver' | 'peer' | 'trustedHeader' | 'simulated'

/** What HTTP shows of a request, beyond the address. Header and cookie names are lower case. */
export interface RequestAttributes {
  readonly host: string
  /** Decoded path, always starting with `/`. */
  readonly path: string
  header(name: string): string | undefined
  cookie(name: string): string | undefined
  /** Attributes of the tenant the request belongs to (`id` is always there), or null when it belongs to none. */
  readonly tenant: Readonly<Record<string, string>> | null
}

/** Who asks, as the engine sees it. */
export interface Client {
  readonly frontEnd: FrontEnd
  readonly location: Location
  /** The address or network of the client, normalised; null when a simulation names only a country. */
  readonly network: { readonly address: IpAddress; readonly prefixLength: number } | null
  /** Null where the front end cannot see a request: in DNS. */
  readonly request: RequestAttributes | null
}
