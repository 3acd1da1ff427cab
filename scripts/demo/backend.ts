/**
 * One backend of the demonstration; a process of its own, so that it can be killed. It says at /healthz how much of its
 * capacity is in use, and takes the time that its parent tells it.
 *
 *     node scripts/demo/backend.ts HOST PORT CAPACITY
 */

import { createServer } from 'node:http'

const [host = '127.0.0.1', port = '0', capacity = '100'] = process.argv.slice(2)

/** Requests are counted over the last so many seconds. */
const WINDOW_SECONDS = 3

const counts: number[] = []
const state = { delayMs: 0, thisSecond: 0 }

setInterval(() => {
  counts.push(state.thisSecond)
  if (counts.length > WINDOW_SECONDS) counts.shift()
  state.thisSecond = 0
}, 1000).unref()

const perSecond = (): number => counts.reduce((sum, count) => sum + count, 0) / Math.max(1, counts.length)

process.on('message', (message: { readonly delayMs: number }) => {
  state.delayMs = message.delayMs
})

createServer((request, response) => {
  const isProbe = request.url === '/healthz'
  if (!isProbe) state.thisSecond++
  const body = isProbe ? JSON.stringify({ status: 'ok', load: perSecond(), capacity: Number(capacity) }) : 'served\n'
  setTimeout(() => response.end(body), state.delayMs)
}).listen(Number(port), host, () => process.send?.('listening'))
