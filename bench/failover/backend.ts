/**
 * A small HTTP server that stands for an endpoint; a process of its own, so that it can be killed.
 *
 *     node bench/failover/backend.ts HOST PORT [LOSS]
 *
 * LOSS, 0…1: the share of connections that get no answer: by turns they are reset, or left to hang.
 */

import { createServer } from 'node:http'
import type { Socket } from 'node:net'

const [host = '127.0.0.1', port = '0', loss = '0'] = process.argv.slice(2)

const hanging = new WeakSet<Socket>()
let lost = 0

const server = createServer((request, response) => {
  if (!hanging.has(request.socket)) response.end('ok\n')
})
server.on('connection', (socket) => {
  if (Math.random() >= Number(loss)) return
  if (lost++ % 2 === 0) socket.resetAndDestroy()
  else hanging.add(socket)
})
// Each probe is a connection of its own, and so is each loss.
server.keepAliveTimeout = 1
server.listen(Number(port), host, () => process.send?.('listening'))
