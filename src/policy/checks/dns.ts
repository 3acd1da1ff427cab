import * as z from 'zod'
import { parseAddress } from '../../domain/address.ts'
import { readFields } from '../read.ts'
import { oneOrMore, orQuote, whole } from '../shape/fault.ts'
import { queryName } from '../shape/names.ts'
import { scheduleFields, scheduleOf } from '../shape/schedule.ts'
import { defineCheck } from './define-check.ts'

const TYPES = [
  ...['A', 'AAAA', 'CAA', 'CNAME', 'DNSKEY', 'DS', 'HTTPS', 'MX', 'NAPTR'],
  ...['NS', 'PTR', 'SOA', 'SRV', 'SSHFP', 'SVCB', 'TLSA', 'TXT'],
] as const
const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'] as const

const data = z
  .string({ error: orQuote('the data of a record, such as `192.0.2.1`') })
  .min(1, 'a text that is not empty')
  .max(1_000, 'a text of at most 1000 characters')

const shape = z.strictObject({
  dns: queryName.meta({ description: 'Name to ask for.' }),
  type: z.enum(TYPES).prefault('A').meta({ description: 'Type to ask for.' }),
  port: whole(1, 65_535, 'a port').prefault(53).meta({ description: 'Port to ask at.' }),
  transport: z.enum(['udp', 'tcp']).prefault('udp').meta({ description: 'How it is asked.' }),
  rcode: z.enum(RCODES).prefault('NOERROR').meta({ description: 'What the response must say.' }),
  answer: oneOrMore(data)
    .optional()
    .meta({ description: 'One of the answers must have one of these as its data; any answer will do when left out.' }),
  ...scheduleFields,
})

export const dns = defineCheck({
  kind: 'dns',
  summary: 'Asks a DNS server for a name.',
  example: 'dns: probe.example',
  shape,
  of: 'endpoints',
  read(cursor, name) {
    const fields = readFields(cursor, shape)
    if (fields === undefined) return undefined
    const schedule = scheduleOf(cursor, fields)
    const { dns: qname, type: qtype, port, transport, rcode, answer: answers = [] } = fields
    if (rcode !== 'NOERROR' && answers.length > 0) {
      cursor.child('answer').report({
        rule: 'no-answer',
        message: `\`answer\` is given, and \`rcode\` is \`${rcode}\`: such a response has none`,
        hint: 'remove one of the two',
        part: 'key',
      })
    }
    // A type that is none is read as the default: nothing follows from it.
    const isType = [undefined, qtype].includes(cursor.child('type').value as typeof qtype)
    const family = !isType ? null : qtype === 'A' ? 4 : qtype === 'AAAA' ? 6 : null
    const stranger = family === null ? undefined : answers.find((answer) => parseAddress(answer)?.family !== family)
    if (stranger !== undefined) {
      cursor.child('answer').report({
        rule: 'bad-answer',
        message: `\`answer\` has ${JSON.stringify(stranger)}, which no ${qtype} record can have`,
        hint: `expected IPv${family} addresses, or another \`type\``,
      })
    }
    return qname === undefined
      ? undefined
      : { name, kind: 'dns', port, transport, qname, qtype, rcode, answers, ...schedule }
  },
})
