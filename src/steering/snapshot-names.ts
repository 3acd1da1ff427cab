import type { Policy } from '../domain/policy.ts'
import type { Snapshot, SteeredService } from './snapshot.ts'

/** By which names front ends find services. */
export const namedServices = (
  services: readonly SteeredService[],
): Pick<Snapshot, 'byDiscoveryName' | 'byHost' | 'byHostSuffix' | 'byDnsName'> => ({
  byDiscoveryName: index(services, ({ names }) => (names.discovery === null ? [] : [names.discovery])),
  byHost: index(services, ({ names }) => names.http.filter((host) => !host.startsWith('*.'))),
  byHostSuffix: index(services, ({ names }) =>
    names.http.filter((host) => host.startsWith('*.')).map((host) => host.slice(2)),
  ),
  byDnsName: index(services, ({ names }) => names.dns),
})

const index = (services: readonly SteeredService[], namesOf: (policy: Policy) => readonly string[]) =>
  new Map(services.flatMap((service) => namesOf(service.policy).map((name) => [name, service] as const)))
