/** What applications import as `nearcast/sdk`: for now, the types of the discovery API's answers. */
export type { ExplainedAnswer, Reach, ServiceAnswer } from '../domain/discovery-wire.ts'
