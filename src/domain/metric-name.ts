/** Names of metrics in the Prometheus text format, with the labels that tell one of several apart. */

export interface MetricName {
  readonly name: string
  /** All must be there with these values; others may be. */
  readonly labels: Readonly<Record<string, string>>
}

const LONGEST_NAME = 4096
const WHOLE = /^(?<name>[A-Za-z_:][\w:]*)(?:\{(?<labels>(?:[^"{}]|"(?:[^"\\]|\\.)*")*)\})?$/
const LABEL = /\s*(?<label>[A-Za-z_]\w*)\s*=\s*"(?<value>(?:[^"\\\n]|\\[\\"n])*)"\s*(?:,|$)/y

/** `node_load1`, `load{zone="a",mode="x"}`; null when it is none. */
export function parseMetricName(text: string): MetricName | null {
  const groups = text.length > LONGEST_NAME ? undefined : WHOLE.exec(text)?.groups
  if (groups?.name === undefined) return null
  const given = groups.labels ?? ''
  const labels: [string, string][] = []
  for (let at = 0; at < given.trimEnd().length; ) {
    LABEL.lastIndex = at
    const found = LABEL.exec(given)?.groups
    if (found?.label === undefined || found.value === undefined) return null
    labels.push([found.label, found.value.replace(/\\(.)/g, (_, letter) => (letter === 'n' ? '\n' : letter))])
    at = LABEL.lastIndex
  }
  return { name: groups.name, labels: Object.fromEntries(labels) }
}
