import { formatPrefix } from '../../domain/address.ts'
import type { EndpointFacts, Unreachable } from '../../domain/facts.ts'
import type { Snapshot } from '../../steering/snapshot.ts'

/** What `GET /v1/facts` says: what the answers of this moment rest on. The command line predicts from it. */
export interface FactsDocument {
  readonly number: number
  readonly revision: { readonly number: number; readonly digest: string } | null
  /** By service. */
  readonly services: Readonly<Record<string, ServiceFacts>>
}

export interface ServiceFacts {
  /** By endpoint id. */
  readonly endpoints: Readonly<Record<string, EndpointFacts>>
  readonly unreachable: readonly {
    readonly endpoint: string
    /** `AS3320` or `192.0.2.0/24`. */
    readonly network: string
    readonly expiresAtMs: number
  }[]
}

/** @param snapshot null before the first publication */
export function composeFacts(snapshot: Snapshot | null): FactsDocument {
  if (snapshot === null) return { number: 0, revision: null, services: {} }
  const { revision, facts, services } = snapshot
  return {
    number: facts.number,
    revision: { number: revision.number, digest: revision.digest },
    services: Object.fromEntries(
      [...services].map(([service, { policy, facts: known }]) => {
        const idOf = (index: number): string => policy.endpoints[index]?.id ?? ''
        const endpoints = Object.fromEntries(known.endpoints.map((it, index) => [idOf(index), it]))
        const unreachable = known.unreachable.map(({ endpoint, network, expiresAtMs }) => {
          return { endpoint: idOf(endpoint), network: networkText(network), expiresAtMs }
        })
        return [service, { endpoints, unreachable }]
      }),
    ),
  }
}

const networkText = (network: Unreachable['network']): string =>
  'asn' in network ? `AS${network.asn}` : formatPrefix(network.prefix)
