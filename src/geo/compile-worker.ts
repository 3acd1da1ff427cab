/** Entry of the worker thread that loads geo data: seconds of work, or the reading of 50 MB, away from whoever answers. */
import { parentPort, workerData } from 'node:worker_threads'
import { GeoDataError, separate } from './geo-data-error.ts'
import { type LoadedGeo, type LoadRequest, loadGeo } from './load.ts'
import type { GeoProgress } from './read-sources.ts'

export type WorkerMessage =
  | { readonly kind: 'progress'; readonly progress: GeoProgress }
  | { readonly kind: 'loaded'; readonly loaded: LoadedGeo }
  | { readonly kind: 'refused'; readonly files: readonly { readonly file: string; readonly problem: string }[] }

const post = (message: WorkerMessage, transfer: ArrayBuffer[] = []) => parentPort?.postMessage(message, transfer)

try {
  const loaded = loadGeo(workerData as LoadRequest, (progress) => post({ kind: 'progress', progress }))
  const { tree, asns } = loaded.parts
  const buffers = new Set([tree, asns].map((it) => it?.nodes.buffer).filter((it) => it instanceof ArrayBuffer))
  post({ kind: 'loaded', loaded }, [...buffers])
} catch (error) {
  if (!(error instanceof GeoDataError)) throw error
  post({ kind: 'refused', files: separate(error).map(({ file, problem }) => ({ file, problem })) })
}
