import { stepRule, warning } from '../rule.ts'
import { quote, stepName, stepPath } from '../text.ts'

/** `up: { minHealthy: … }` asks a group for more endpoints than it has: it is dropped even when all are up. */
export const groupTooSmall = stepRule('group-too-small', function* (step, { endpoints }) {
  if (step.kind !== 'up' || step.minHealthy === null) return
  const { per, n } = step.minHealthy
  const counts = new Map<string, number>()
  for (const { sites, tags } of endpoints) {
    const groups = per === 'site' ? sites.map((site) => site.id) : tags.filter((tag) => per.tags.includes(tag))
    for (const group of new Set(groups)) counts.set(group, (counts.get(group) ?? 0) + 1)
  }
  for (const [group, count] of counts) {
    if (count >= n) continue
    yield warning(
      step,
      `${stepPath(step)}.up.minHealthy`,
      `${per === 'site' ? 'site' : 'tag'} ${quote(group)} has ${count} endpoint${count === 1 ? '' : 's'}, and ${stepName(step)} wants ${n} healthy: it is dropped even when all are up`,
      `lower \`n\`, or add endpoints to ${quote(group)}`,
    )
  }
})
