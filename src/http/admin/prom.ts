/** The one home of the metrics library, so that several files can each define their own metrics. */

export { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
