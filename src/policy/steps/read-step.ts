import * as z from 'zod'
import type { Step, StepKind } from '../../domain/policy.ts'
import { type Cursor, isMapping, show } from '../cursor.ts'
import { reportUnknownKey } from '../issues.ts'
import { readFields } from '../read.ts'
import type { ServiceScope } from '../service-scope.ts'
import { didYouMean } from '../suggest.ts'
import { readWhen, whenShape } from '../when.ts'
import { STEPS } from './registry.ts'

const NAMES = Object.keys(STEPS)
const isStepKind = (name: string): name is StepKind => Object.hasOwn(STEPS, name)

const modifiers = z.strictObject({
  hard: z.boolean().prefault(false).meta({ description: 'Makes it a fence: never relaxed, even if nothing remains.' }),
  because: z
    .string()
    .max(500, 'at most 500 characters')
    .nullable()
    .prefault(null)
    .meta({ description: 'Why the step is there; shown in traces.' }),
  assume: z
    .boolean()
    .nullable()
    .prefault(null)
    .meta({ description: 'What `when` is taken to be where a front end cannot see what it asks for.' }),
})
const MODIFIERS = ['when', ...Object.keys(modifiers.shape)]

/** A step as written: `up`, or `{ nearest: { within: 300km }, when: … }`. */
export const stepShape = z
  .union([
    z.enum(NAMES.filter((name) => isStepKind(name) && STEPS[name].bare === 'allowed') as [string, ...string[]]),
    ...Object.values(STEPS).map((step) =>
      z.strictObject({
        [step.kind]: (step.bare === 'allowed' ? step.shape.nullable() : step.shape).meta({ description: step.summary }),
        when: whenShape.optional(),
        assume: z.boolean().optional().meta({ description: modifiers.shape.assume.description }),
        because: z.string().optional().meta({ description: modifiers.shape.because.description }),
        ...(step.fence === 'allowed' && {
          hard: z.boolean().optional().meta({ description: modifiers.shape.hard.description }),
        }),
      }),
    ),
  ])
  .meta({ id: 'step', description: 'One stage of the chain.' })

/** One entry of `steer`; undefined after reporting what is wrong with it. */
export function readStep(cursor: Cursor, index: number, scope: ServiceScope): Step | undefined {
  const kind = kindOf(cursor)
  if (kind === undefined) return undefined
  const definition = STEPS[kind]
  const mapping = isMapping(cursor.value) ? cursor.value : {}
  const fields = readFields(cursor.with(pick(mapping, Object.keys(modifiers.shape))), modifiers)
  if (fields === undefined) return undefined
  if (fields.hard && definition.fence === 'refused') {
    cursor.child('hard').report({
      rule: 'not-a-fence',
      message: `\`${kind}\` cannot be hard`,
      hint: 'only `keep`, `drop` and `geofence` can be fences',
      part: 'key',
    })
  }
  const when = Object.hasOwn(mapping, 'when') ? readWhen(cursor.child('when')) : null
  if (fields.assume !== null && !Object.hasOwn(mapping, 'when')) {
    cursor.child('assume').report({
      rule: 'assume-without-when',
      message: '`assume` stands without `when`',
      hint: 'it says what `when` is taken to be: add one, or remove it',
      part: 'key',
    })
  }
  const action = definition.read(paramsOf(cursor, kind), scope, fields.hard)
  if (action === undefined || when === undefined) return undefined
  return { index, when, assume: fields.assume, because: fields.because, at: cursor.at(), ...action }
}

function kindOf(cursor: Cursor): StepKind | undefined {
  const { value } = cursor
  if (typeof value === 'string') {
    if (!isStepKind(value)) {
      cursor.report({ rule: 'unknown-step', message: `\`${value}\` is no step`, hint: () => didYouMean(value, NAMES) })
      return undefined
    }
    if (STEPS[value].bare === 'allowed') return value
    cursor.report({
      rule: 'missing-key',
      message: `the step \`${value}\` needs parameters`,
      hint: `write \`${value}: …\``,
    })
    return undefined
  }
  if (!isMapping(value)) {
    cursor.report({
      rule: 'wrong-type',
      message: `the step is ${show(value)}`,
      hint: 'expected a name such as `up`, or a mapping such as `nearest: { within: 300km }`',
    })
    return undefined
  }
  const keys = Object.keys(value)
  const kinds = keys.filter(isStepKind)
  const strange = keys.filter((key) => !isStepKind(key) && !MODIFIERS.includes(key))
  const [kind, second] = kinds
  if (kind === undefined) {
    const [unknown] = strange
    if (unknown === undefined)
      cursor.report({
        rule: 'missing-key',
        message: 'the entry has no step',
        hint: `expected one of ${NAMES.join(', ')}`,
      })
    else
      cursor.child(unknown).report({
        rule: 'unknown-step',
        message: `\`${unknown}\` is no step`,
        hint: () => didYouMean(unknown, NAMES),
        part: 'key',
      })
    return undefined
  }
  for (const key of strange) reportUnknownKey(cursor.child(key), key, MODIFIERS)
  if (second !== undefined) {
    cursor.child(second).report({
      rule: 'two-steps',
      message: `\`${second}\` stands beside \`${kind}\` in one entry`,
      hint: 'one step an entry: give it its own `-`',
      part: 'key',
    })
    return undefined
  }
  return kind
}

/** `- up`, `- up:` and `- up: {}` are the same. What belongs beside the step is told, and left out. */
function paramsOf(cursor: Cursor, kind: StepKind): Cursor {
  if (!isMapping(cursor.value)) return cursor.with({})
  const params = cursor.child(kind)
  if (params.value === null && STEPS[kind].bare === 'allowed') return params.with({})
  if (!isMapping(params.value)) return params
  const keys = Object.keys(params.value)
  for (const key of keys.filter((name) => MODIFIERS.includes(name))) {
    const hint = `write it beside \`${kind}\`, not inside`
    params.child(key).report({ rule: 'unknown-key', message: `\`${key}\` is no key of \`${kind}\``, hint, part: 'key' })
  }
  const own = keys.filter((name) => !MODIFIERS.includes(name))
  return own.length === keys.length ? params : params.with(pick(params.value, own))
}

const pick = (mapping: Readonly<Record<string, unknown>>, keys: readonly string[]) =>
  Object.fromEntries(Object.entries(mapping).filter(([key]) => keys.includes(key)))
