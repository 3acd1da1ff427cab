/** Small zones with everything that has to do with everything: wildcards, cuts, chains, names that are there for others only. */

const LABELS = ['a', 'b', 'c', 'ns', 'xyz', 'mail'] as const
const APEX = 'z.example'
const INNER = 'in.z.example'

const oneOf = <T>(list: readonly T[], die: () => number): T => list[die() % list.length] as T

/** Below the apex, at most three labels; now and then a wildcard in front. */
function someName(die: () => number): string {
  const labels = Array.from({ length: 1 + (die() % 3) }, () => oneOf(LABELS, die))
  return [...(die() % 6 === 0 ? ['*'] : []), ...labels].join('.')
}

function someTarget(die: () => number): string {
  const inZone = `${someName(die).replace('*.', '')}.${APEX}.`
  return oneOf([inZone, inZone, inZone, `www.${INNER}.`, `${APEX}.`, 'target.elsewhere.test.'], die)
}

/** Records of one name: CNAMEs stand alone, and below a cut there is nothing but addresses. */
function someRecords(name: string, die: () => number): readonly string[] {
  const record = (type: string, value: string, ttl = oneOf([30, 300, 3600], die)): string =>
    `  - { name: '${name}', type: ${type}, value: '${value}', ttl: ${ttl}s }`
  switch (die() % 9) {
    case 0:
    case 1:
      return [record('CNAME', someTarget(die))]
    case 2:
      return name.startsWith('*') ? [record('TXT', 'any')] : cut(name, record, die)
    case 3:
      return [record('MX', `10 ${someTarget(die)}`, 300), record('MX', `20 ${someTarget(die)}`, 300)].slice(die() % 2)
    case 4:
      return [record('SRV', `1 2 443 ${someTarget(die)}`), record('A', '192.0.2.7')]
    case 5:
      return Array.from({ length: 1 + (die() % 12) }, (_, index) => record('TXT', `${index}${'t'.repeat(80)}`, 300))
    default:
      return [record('A', `192.0.2.${die() % 256}`), record('AAAA', '2001:db8::1'), record('TXT', 'here')].slice(
        die() % 3,
      )
  }
}

function cut(
  name: string,
  record: (type: string, value: string, ttl?: number) => string,
  die: () => number,
): readonly string[] {
  const servers = [`ns.${name}.${APEX}.`, someTarget(die), `ns.deep.${name}.${APEX}.`].slice(0, 1 + (die() % 3))
  const glue = Array.from(
    { length: oneOf([0, 1, 1, 2, 30], die) },
    (_, index) => `  - { name: 'ns.${name}', type: AAAA, value: '2001:db8::${index + 1}', ttl: 300s }`,
  )
  const isSigned = die() % 3 === 0
  return [
    ...servers.map((server) => record('NS', server, 3600)),
    ...glue,
    ...(isSigned ? [record('DS', `1 13 2 ${'ab'.repeat(32)}`, 300)] : []),
  ]
}

const steering = (more: string): string => `endpoints:
  one: { a: [192.0.2.10], aaaa: ['2001:db8::10'], weight: 2 }
  two: { a: [198.51.100.10, 198.51.100.11] }
${more}steer: [up, { spread: { by: weight, sticky: none } }]
`

const hostnames = (die: () => number): string =>
  ['three', 'four']
    .slice(die() % 3)
    .map((id) => `  ${id}: { hostname: ${someTarget(die).slice(0, -1)} }\n`)
    .join('')

/** Documents of a zone, one of ours below it, and two services. Not every one of them is allowed. */
export function randomDocuments(die: () => number): Readonly<Record<string, string>> {
  const names = [...new Set(Array.from({ length: 4 + (die() % 10) }, () => someName(die)))]
  const records = names.flatMap((name) => someRecords(name, die))
  const services = [someName(die), `${oneOf(['*.', ''], die)}steered`].map((name) => `${name}.${APEX}`)
  return {
    'zone.yaml': `zone: ${APEX}
soa: { mname: ${someTarget(die).slice(0, -1)}, rname: hostmaster.${APEX}, minimum: 20s, ttl: 1h }
ns: { ns1.${APEX}: [192.0.2.53], ${oneOf(LABELS, die)}.ns.${APEX}: ['2001:db8::53'], ns.elsewhere.test: [] }
records:
${records.join('\n')}
`,
    'inner.yaml': `zone: ${INNER}
soa: { mname: ns1.${INNER}, rname: hostmaster.${APEX} }
ns: { ns1.${INNER}: [192.0.2.54] }
records:
  - { name: www, type: CNAME, value: steered.${APEX}., ttl: 300s }
  - { name: '*.wild', type: MX, value: '10 ${someTarget(die)}', ttl: 300s }
`,
    'service.yaml': `service: api\nnames: { dns: [${services.map((name) => `'${name}'`).join(', ')}] }\nttl: 30s\nhttps: true\n${steering(hostnames(die))}`,
  }
}
