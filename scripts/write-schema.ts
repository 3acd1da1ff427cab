// Writes schemas/policy.schema.json from the shapes of the policy language.
import { writeFileSync } from 'node:fs'
import { policyJsonSchema } from '../src/policy/schema.ts'

writeFileSync(
  new URL('../schemas/policy.schema.json', import.meta.url),
  `${JSON.stringify(policyJsonSchema(), null, 2)}\n`,
)
