import { MAX_LABEL_OCTETS, MAX_NAME_OCTETS } from '../limits.ts'
import { type Fail, text } from './fault.ts'

/** What a name may hold. `host` is RFC 1123 §2.1; `record` also has underscores (RFC 8552); `*.` only where `wildcard` says so. */
export interface NameRules {
  readonly labels: 'host' | 'record'
  readonly wildcard: 'allowed' | 'refused'
}

const LABEL = { host: /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, record: /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/ } as const

/** Lower case, without the trailing dot; fails with the rule that the name breaks. The root is refused. */
export function checkName(text: string, rules: NameRules, fail: Fail): string {
  const lower = text.toLowerCase()
  const name = lower.endsWith('.') ? lower.slice(0, -1) : lower
  if (name === '') return fail({ rule: 'bad-name', hint: 'expected a name such as `www.example.com`' })
  // The root's length octet, and one for each label.
  const octets = new TextEncoder().encode(name).length + 2
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text
  if (octets > MAX_NAME_OCTETS) {
    return fail({
      rule: 'name-too-long',
      message: `the name \`${shown}\` has ${octets} octets`,
      hint: `expected at most ${MAX_NAME_OCTETS} (RFC 1035 §2.3.4)`,
    })
  }
  for (const [index, label] of name.split('.').entries()) {
    if (label === '')
      return fail({
        rule: 'bad-name',
        message: `the name \`${shown}\` has an empty label`,
        hint: 'expected labels with single dots between them',
      })
    if (new TextEncoder().encode(label).length > MAX_LABEL_OCTETS) {
      return fail({
        rule: 'label-too-long',
        message: `a label of \`${shown}\` has ${label.length} octets`,
        hint: `expected at most ${MAX_LABEL_OCTETS} (RFC 1035 §2.3.4)`,
      })
    }
    if (label === '*') {
      if (rules.wildcard === 'allowed' && index === 0) continue
      const where =
        rules.wildcard === 'allowed'
          ? 'only the first label may be `*` (RFC 4592 §2.1.1)'
          : 'no wildcard can stand here'
      return fail({ rule: 'bad-name', message: `the name \`${shown}\` has a \`*\``, hint: where })
    }
    if (!LABEL[rules.labels].test(label)) {
      return fail({
        rule: 'bad-name',
        message: `\`${shown}\` is no name: ${JSON.stringify(label)} is no label`,
        hint: nameHint(name, rules),
      })
    }
  }
  return name
}

function nameHint(name: string, rules: NameRules): string {
  if (/[^\0-\x7f]/.test(name) && URL.canParse(`http://${name}/`)) {
    return `write it in its ASCII form: did you mean \`${new URL(`http://${name}/`).hostname}\`?`
  }
  if (name.includes('://')) return 'expected a name, not a URL'
  if (/:\d+$/.test(name)) return 'expected a name without a port'
  if (name.includes('_') && rules.labels === 'host')
    return 'host names have letters, digits and `-` only (RFC 1123 §2.1)'
  return 'expected letters, digits and `-` between dots, none of them beginning or ending with `-`'
}

const nameText = (expected: string, description: string, examples: readonly string[], rules: NameRules) =>
  text(expected, { description, examples }, (value, fail): string => checkName(value, rules, fail))

const HOST: NameRules = { labels: 'host', wildcard: 'refused' }

/** An absolute host name, lower case, without the trailing dot. */
export const hostName = nameText(
  'a host name such as `us.api.example`',
  'A host name, in full; the dot at its end may be left out.',
  ['us.api.example'],
  HOST,
)

/** The same, or a pattern `*.…`. */
export const hostPattern = nameText(
  'a host name such as `api.example` or `*.api.example`',
  'A host name; `*.` in front stands for one or more labels.',
  ['api.example', '*.api.example'],
  { labels: 'host', wildcard: 'allowed' },
)

/** A name that DNS answers for. */
export const dnsName = nameText(
  'a DNS name such as `api.geo.example` or `*.geo.example`',
  'A DNS name, in full; `*.` in front is a wildcard.',
  ['api.geo.example', '*.geo.example'],
  { labels: 'record', wildcard: 'allowed' },
)

/** A name that DNS is asked for. */
export const queryName = nameText(
  'a DNS name such as `probe.geo.example`',
  'A DNS name, in full.',
  ['probe.geo.example'],
  { labels: 'record', wildcard: 'refused' },
)

/** Apex of a zone. */
export const zoneName = nameText(
  'the name of a zone, such as `geo.example`',
  "The zone's apex, in full.",
  ['geo.example'],
  { labels: 'record', wildcard: 'refused' },
)

/** RFC 1035 §3.3.13: a mailbox as a name, its `@` written as a dot. */
export const mailboxName = text(
  'a mailbox as a name, such as `hostmaster.example.com`',
  {
    description:
      "The administrator's mailbox as a name: `hostmaster.example.com` for hostmaster@example.com (RFC 1035 §3.3.13).",
    examples: ['hostmaster.example.com'],
  },
  (value, fail): string => {
    const [local = '', domain, ...rest] = value.split('@')
    if (domain === undefined) return checkName(value, { labels: 'record', wildcard: 'refused' }, fail)
    const advice =
      rest.length > 0 || local.includes('.')
        ? 'a mailbox as a name, such as `hostmaster.example.com`'
        : `the \`@\` written as a dot: \`${local}.${domain}\``
    return fail({ rule: 'bad-name', hint: `expected ${advice} (RFC 1035 §3.3.13)` })
  },
)
