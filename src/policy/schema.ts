import * as z from 'zod'
import { DOCUMENT_KINDS } from './open-documents.ts'

/** Where editors find it; relative to a document in `policies/`. */
const TITLE = 'Nearcast policy document'

/**
 * JSON Schema (draft 2020-12) of the documents, from the shapes that read them: completion and descriptions in editors.
 * It judges the form alone; names that must exist and values that must fit one another are the loader's.
 */
export function policyJsonSchema(): Record<string, unknown> {
  const { $defs, ...rest } = z.toJSONSchema(z.union(Object.values(DOCUMENT_KINDS)), {
    io: 'input',
    unrepresentable: 'any',
  }) as Record<string, unknown>
  return { $schema: rest.$schema, title: TITLE, ...rest, $defs }
}
