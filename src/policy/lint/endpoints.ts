import type { Endpoint } from '../../domain/endpoint.ts'

export const hasAddresses = ({ a, aaaa }: Pick<Endpoint, 'a' | 'aaaa'>): boolean => a.length > 0 || aaaa.length > 0

/** Answered as CNAME, or as ALIAS at an apex. */
export const hasOnlyHostname = (endpoint: Endpoint): boolean => endpoint.hostname !== null && !hasAddresses(endpoint)
