/** Answers probes on one port of every address of this machine; a process of its own. Argument: the port. */

import { createServer } from 'node:http'

const server = createServer((_request, response) => response.end('ok\n'))
server.keepAliveTimeout = 1
server.listen({ port: Number(process.argv[2]), host: '0.0.0.0', backlog: 4096 }, () => process.send?.('listening'))
