import { type MetricName, parseMetricName } from '../../domain/metric-name.ts'

/**
 * The number of the series that the name means, on a page in the text format of Prometheus 0.0.4 or OpenMetrics 1.0; of
 * several, their sum, as of connections over worker processes. Null when there is none, or it is no finite number.
 */
export function readMetric(page: string, { name, labels }: MetricName): number | null {
  let sum: number | null = null
  for (let start = 0; start < page.length; ) {
    const newline = page.indexOf('\n', start)
    const end = newline < 0 ? page.length : newline
    // Most lines are of other metrics: they are not cut out.
    if (page.startsWith(name, start)) {
      const sample = readSample(page.slice(start, end))
      const isMeant =
        sample?.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value)
      if (isMeant) sum = (sum ?? 0) + sample.value
    }
    start = end + 1
  }
  return sum !== null && Number.isFinite(sum) ? sum : null
}

/** Name with labels, whose values may hold braces; white space; a number. A timestamp or an exemplar may follow. */
const SAMPLE =
  /^(?<series>[\w:]+(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?)[ \t]+(?<value>[+-]?[\d.][\d.eE+-]*)(?=[ \t\r]|$)/

function readSample(line: string): (MetricName & { readonly value: number }) | null {
  const groups = SAMPLE.exec(line)?.groups
  const series = parseMetricName(groups?.series ?? '')
  return series === null ? null : { ...series, value: Number(groups?.value) }
}
