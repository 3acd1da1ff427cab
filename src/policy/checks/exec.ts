import * as z from 'zod'
import { MAX_COMMAND_WORDS } from '../limits.ts'
import { readFields } from '../read.ts'
import { must, oneOrMore, orQuote } from '../shape/fault.ts'
import { scheduleFields, scheduleOf } from '../shape/schedule.ts'
import { defineCheck } from './define-check.ts'

const word = z
  .string({ error: orQuote('a command, or a list of it and its arguments') })
  .min(1, 'a text that is not empty')
  .max(4_096, 'a text of at most 4096 characters')
  .refine((value) => !value.includes('\0'), must('a text without NUL'))

const shape = z.strictObject({
  exec: oneOrMore(word)
    .refine((words) => words.length <= MAX_COMMAND_WORDS, must(`at most ${MAX_COMMAND_WORDS} words`))
    .meta({ description: 'Command and arguments, run without a shell. Only where the configuration allows it.' }),
  ...scheduleFields,
})

export const exec = defineCheck({
  kind: 'exec',
  summary: 'Runs a command: exit status 0 is up, 1 degraded, all others down.',
  example: 'exec: /usr/local/bin/probe',
  shape,
  of: 'endpoints',
  read(cursor, name) {
    const fields = readFields(cursor, shape)
    if (fields === undefined) return undefined
    const schedule = scheduleOf(cursor, fields)
    return fields.exec === undefined ? undefined : { name, kind: 'exec', command: fields.exec, ...schedule }
  },
})
