import type { PolicySet } from '../../../domain/policy-set.ts'
import type { StaticRecord } from '../../../domain/zone.ts'
import { formatPath } from '../../path.ts'
import { hasOnlyHostname } from '../endpoints.ts'
import { wildcardsFor } from '../names.ts'
import { error, type Finding, type Rule, warning } from '../rule.ts'
import { quote } from '../text.ts'

interface Link {
  /** `*.` in front stands for one or more labels. */
  readonly from: string
  readonly to: string
  readonly finding: (chain: string) => Finding
}

/** CNAMEs that lead back to where they began: of endpoints, of static records, or of both in turn. */
export const nameLoop: Rule = {
  id: 'name-loop',
  *find(set) {
    const links = linksOf(set)
    const from = linksByName(links)
    for (const link of links) {
      const chain = chainBackTo(link, from)
      if (chain !== null) yield link.finding(chain.map(quote).join(' → '))
    }
  },
}

/** The names on the way from a link back to itself, or null when the way ends elsewhere. */
function chainBackTo(start: Link, from: ReadonlyMap<string, readonly Link[]>): readonly string[] | null {
  const visited = new Set<Link>([start])
  const open: { readonly link: Link; readonly chain: readonly string[] }[] = [
    { link: start, chain: [start.from, start.to] },
  ]
  for (const { link, chain } of open) {
    const next = [link.to, ...wildcardsFor(link.to)].flatMap((name) => from.get(name) ?? [])
    for (const one of next) {
      if (one === start) return chain
      if (visited.has(one)) continue
      visited.add(one)
      open.push({ link: one, chain: [...chain, one.to] })
    }
  }
  return null
}

function linksByName(links: readonly Link[]): ReadonlyMap<string, readonly Link[]> {
  const byName = new Map<string, Link[]>()
  for (const link of links) {
    const known = byName.get(link.from)
    if (known === undefined) byName.set(link.from, [link])
    else known.push(link)
  }
  return byName
}

function linksOf({ policies, zones }: PolicySet): readonly Link[] {
  const hint = 'point it at a name outside this circle, or give addresses'
  const ofServices = policies.flatMap((policy) =>
    policy.endpoints.filter(hasOnlyHostname).flatMap((endpoint) =>
      policy.names.dns.map((from) => ({
        from,
        to: endpoint.hostname ?? '',
        finding: (chain: string) =>
          error(
            policy,
            formatPath(['endpoints', endpoint.id, 'hostname']),
            `the hostname of endpoint ${quote(endpoint.id)} leads back to the service: ${chain}; clients that get it find no address`,
            hint,
          ),
      })),
    ),
  )
  const ofRecords = zones.flatMap(({ records }) =>
    records.flatMap((record) =>
      record.type !== 'CNAME' && record.type !== 'ALIAS'
        ? []
        : [
            {
              from: record.name,
              to: record.target,
              finding: (chain: string) =>
                judgeOf(record)(record, 'records', `the ${record.type} record leads back to itself: ${chain}`, hint),
            },
          ],
    ),
  )
  return [...ofServices, ...ofRecords]
}

/** Other servers have taken a master file as it is, loops and all, and answer what there is of them. */
const judgeOf = ({ at }: StaticRecord): typeof error => (/\.(?:ya?ml|json)$/i.test(at.file) ? error : warning)
