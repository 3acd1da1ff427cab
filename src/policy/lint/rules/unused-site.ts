import type { SourcePosition } from '../../../domain/policy.ts'
import { formatPath } from '../../path.ts'
import { type Rule, warning } from '../rule.ts'
import { quote } from '../text.ts'

/** A site that no endpoint stands in. */
export const unusedSite: Rule = {
  id: 'unused-site',
  *find({ policies, sites }) {
    const used = new Set(policies.flatMap(({ endpoints }) => endpoints.flatMap((endpoint) => endpoint.sites)))
    const usedIds = new Set([...used].map((site) => site.id))
    for (const id of sites.keys()) {
      if (usedIds.has(id)) continue
      yield warning(
        { at: UNPLACED },
        formatPath(['sites', id]),
        `no endpoint stands in site ${quote(id)}`,
        'name it in an endpoint, or remove it',
      )
    }
  },
}

/** A set does not know where its sites are written: `placeProblems` finds it by the path. */
const UNPLACED: SourcePosition = { file: '', line: 1, column: 1 }
