import type { SourcePosition } from '../../../domain/policy.ts'
import type { PolicySet } from '../../../domain/policy-set.ts'
import { formatPath, type Path } from '../../path.ts'
import { error, type Rule } from '../rule.ts'
import { quote } from '../text.ts'

interface Claim {
  readonly kind: string
  readonly name: string
  readonly owner: string
  readonly at: SourcePosition
  readonly path: Path
}

/** Two services, or two zones, that claim one name: only one of them would ever answer. */
export const nameClaimedTwice: Rule = {
  id: 'name-claimed-twice',
  *find(set) {
    const first = new Map<string, Claim>()
    for (const claim of claimsOf(set)) {
      const key = `${claim.kind} ${claim.name}`
      const earlier = first.get(key)
      if (earlier === undefined) {
        first.set(key, claim)
        continue
      }
      yield error(
        claim,
        formatPath(claim.path),
        `the ${claim.kind} ${quote(claim.name)} of ${claim.owner} is already claimed by ${earlier.owner} (${earlier.at.file}:${earlier.at.line}): only one of them can answer`,
        'give one of them another name',
      )
    }
  },
}

function claimsOf({ policies, zones }: PolicySet): readonly Claim[] {
  const ofServices = policies.flatMap(({ service, names, at }) => {
    const claim = (kind: string, name: string, path: Path): Claim => ({
      kind,
      name,
      owner: `service ${quote(service)}`,
      at,
      path,
    })
    return [
      claim('service id', service, ['service']),
      ...names.dns.map((name, index) => claim('DNS name', name, ['names', 'dns', index])),
      ...names.http.map((name, index) => claim('HTTP host', name, ['names', 'http', index])),
      ...(names.discovery === null ? [] : [claim('discovery name', names.discovery, ['names', 'discovery'])]),
    ]
  })
  const ofZones = zones.map(({ name, at }) => ({
    kind: 'zone',
    name,
    owner: `the zone in ${at.file}`,
    at,
    path: ['zone'],
  }))
  return [...ofServices, ...ofZones]
}
