import type { Zone } from '../../domain/zone.ts'
import type { Place, Reporter } from '../cursor.ts'

/** Where a record came from; rules are milder with master files, which other servers have taken as they are. */
export interface RecordSource extends Reporter {
  readonly kind: 'document' | 'file'
}

/** A zone, and the places of its name and its records for messages about them. */
export interface ReadZone {
  readonly zone: Zone
  readonly place: Place
  /** By index in `zone.records`. */
  readonly sourceOf: (index: number) => RecordSource
}
