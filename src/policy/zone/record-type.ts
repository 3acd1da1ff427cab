import type * as z from 'zod'
import type { RecordData } from '../../domain/zone.ts'
import type { Cursor } from '../cursor.ts'

/** One type of record: how its value is written, and how it is read. */
export interface RecordType {
  /** One value, for the JSON Schema. */
  readonly shape: z.ZodType
  readonly example: string
  readonly read: (value: Cursor, zone: string) => RecordData | undefined
}
