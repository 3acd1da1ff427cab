/**
 * A small HTTP server that stands for an endpoint; a process of its own, so that it can be killed.
 *
 *     node bench/failover/backend.ts HOST PORT [LOSS]
 *
 * LOSS, 0…1: the share of connections that it resets without an answer.
 */

import { createServer } from 'node:http'

const [host = '127.0.0.1', port = '0', loss = '0'] = process.argv.slice(2)

const server = createServer((_request, response) => response.end('ok\n'))
server.on('connection', (socket) => {
  if (Math.random() < Number(loss)) socket.resetAndDestroy()
})
// Each probe is a connection of its own, and so is each loss.
server.keepAliveTimeout = 1
server.listen(Number(port), host, () => process.send?.('listening'))
