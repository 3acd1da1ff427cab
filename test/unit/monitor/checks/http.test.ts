import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type TestContext, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import type { Endpoint } from '../../../../src/domain/endpoint.ts'
import type { ProbeOutcome, ProbeResult } from '../../../../src/domain/health.ts'
import type { CheckOf } from '../../../../src/monitor/checks/kind.ts'
import { createHealthCheck } from '../../../../src/monitor/checks/registry.ts'
import { statusesText } from '../../../../src/monitor/checks/statuses.ts'
import { FIRST_PAIR } from '../../../helpers/certificates.ts'
import { httpCheck } from '../../../helpers/http-check.ts'
import { makeEndpoint } from '../../../helpers/policies.ts'
import { makeTarget, makeTools, rawServer, watched } from '../../../helpers/probed-servers.ts'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** One probe of a server, and the requests that came there. */
async function probed(
  t: TestContext,
  handler: Handler,
  given: Partial<CheckOf<'http'>>,
  endpoint: Partial<Endpoint> = {},
  transport: 'http' | 'https' = 'http',
): Promise<{ readonly result: ProbeResult; readonly requests: readonly IncomingMessage[]; readonly port: number }> {
  const requests: IncomingMessage[] = []
  const listener: Handler = (request, response) => {
    requests.push(request)
    handler(request, response)
  }
  const server = transport === 'http' ? createServer(listener) : createHttpsServer(FIRST_PAIR, listener)
  const { port } = await watched(t, server)
  const check = createHealthCheck(httpCheck({ port, scheme: transport, ...given }), makeTools())
  const target = makeTarget({ endpoint: makeEndpoint('one', 0, endpoint) })
  const result = (await check?.probe(target, new AbortController().signal)) ?? assert.fail()
  return { result, requests, port }
}

const answering =
  (status: number, body = '', headers: Readonly<Record<string, string>> = {}): Handler =>
  (_request, response) => {
    response.writeHead(status, headers).end(body)
  }

const TWO_HUNDREDS = Array.from({ length: 100 }, (_, index) => 200 + index)
const only = (expectation: Partial<NonNullable<CheckOf<'http'>['body']>>): CheckOf<'http'>['body'] => ({
  contains: null,
  matches: null,
  json: null,
  ...expectation,
})
const status = '{"status":"ok","load":0.25,"pools":[{"free":3}],"none":null,"text":"7"}'
const at = (path: string, equals: string | number | boolean | null) => ({ body: only({ json: { path, equals } }) })

const rows: [name: string, answer: Handler, given: Partial<CheckOf<'http'>>, outcome: ProbeOutcome, detail: RegExp][] =
  [
    ['200', answering(200), {}, 'pass', /^status 200$/],
    ['503', answering(503), {}, 'fail', /^status 503, expected 200$/],
    ['204 of a class', answering(204), { expect: TWO_HUNDREDS }, 'pass', /^status 204$/],
    ['302 of a class', answering(302), { expect: [...TWO_HUNDREDS, 404] }, 'fail', /^status 302, expected 2xx or 404$/],
    ['404 that is expected', answering(404), { expect: [404] }, 'pass', /^status 404$/],
    ['HEAD', answering(200), { method: 'HEAD' }, 'pass', /^status 200$/],
    ['POST', (q, r) => r.writeHead(q.method === 'POST' ? 200 : 405).end(), { method: 'POST' }, 'pass', /200/],
    ['OPTIONS', (q, r) => r.writeHead(q.method === 'OPTIONS' ? 200 : 405).end(), { method: 'OPTIONS' }, 'pass', /200/],
    ['text', answering(200, 'it is ready'), { body: only({ contains: 'ready' }) }, 'pass', /^status 200$/],
    ['text of several octets', answering(200, 'prêt 🚀'), { body: only({ contains: 'prêt 🚀' }) }, 'pass', /./],
    [
      'other text',
      answering(200, 'starting\n\u001b[2J'),
      { body: only({ contains: 'ready' }) },
      'fail',
      /^status 200, but the body does not contain `ready`: it begins with `starting \[2J`$/,
    ],
    [
      'no text',
      answering(200),
      { body: only({ contains: 'ready' }) },
      'fail',
      /does not contain `ready`: it is empty$/,
    ],
    [
      'text of a HEAD',
      answering(200, 'ready'),
      { method: 'HEAD', body: only({ contains: 'ready' }) },
      'fail',
      /it is empty$/,
    ],
    ['a pattern', answering(200, 'up 7 days\nok'), { body: only({ matches: '^up \\d+.*ok$' }) }, 'pass', /./],
    [
      'no such pattern',
      answering(200, 'up'),
      { body: only({ matches: '^up \\d+' }) },
      'fail',
      /but the body does not match \/\^up \\d\+\/$/,
    ],
    ['no pattern at all', answering(200, 'up'), { body: only({ matches: '(' }) }, 'fail', /is no regular expression$/],
    [
      'a hard pattern',
      answering(200, 'a'.repeat(50)),
      { body: only({ matches: '^(a+)+b$' }) },
      'fail',
      /given up after 20 ms$/,
    ],
    ['JSON', answering(200, status), at('$.status', 'ok'), 'pass', /./],
    ['JSON that is there', answering(200, status), at('$.none', null), 'pass', /./],
    ['JSON, deep', answering(200, status), at('$.pools[0].free', 3), 'pass', /./],
    [
      'JSON, other type',
      answering(200, status),
      at('$.text', 7),
      'fail',
      /^status 200, but there is "7" at \$\.text, expected 7$/,
    ],
    ['JSON, not there', answering(200, status), at('$.state', 'ok'), 'fail', /there is nothing at \$\.state$/],
    ['JSON, no path', answering(200, status), at('status', 'ok'), 'fail', /status is no JSON path$/],
    [
      'no JSON',
      answering(200, '<html>'),
      at('$.status', 'ok'),
      'fail',
      /the body is no JSON: it begins with `<html>`$/,
    ],
    [
      'JSON without end',
      answering(200, `[${'1,'.repeat(40_000)}1]`),
      at('$[0]', 1),
      'fail',
      /longer than 65536 octets: no JSON/,
    ],
    [
      'more than can be read, the first piece just as much',
      (_request, response) => {
        response.write('1'.repeat(65_536), () => response.end('1'))
      },
      at('$', 1),
      'fail',
      /longer than 65536 octets: no JSON/,
    ],
    [
      'JSON as deep as can be',
      answering(200, '['.repeat(30_000) + ']'.repeat(30_000)),
      at('$..a', 1),
      'fail',
      /nothing at/,
    ],
    [
      'all three',
      answering(200, status),
      { body: { contains: 'ok', matches: 'load', json: { path: '$.load', equals: 0.25 } } },
      'pass',
      /./,
    ],
    [
      'two of three',
      answering(200, status),
      { body: { contains: 'ok', matches: 'nope', json: { path: '$.load', equals: 0.25 } } },
      'fail',
      /nope/,
    ],
    [
      'an encoding',
      answering(200, 'x', { 'content-encoding': 'gzip' }),
      { body: only({ contains: 'x' }) },
      'fail',
      /encoded as gzip, which was not asked for$/,
    ],
    [
      'the last of 65,536 octets',
      answering(200, `${'x'.repeat(65_530)}needle`),
      { body: only({ contains: 'needle' }) },
      'pass',
      /./,
    ],
    [
      'one octet behind them',
      answering(200, `${'x'.repeat(65_531)}needle`),
      { body: only({ contains: 'needle' }) },
      'fail',
      /does not contain/,
    ],
    [
      'headers without end',
      answering(200, '', { 'x-long': 'x'.repeat(17_000) }),
      {},
      'fail',
      /^the headers of the answer are too long$/,
    ],
    [
      'early hints',
      (_q, r) => {
        r.writeEarlyHints({ link: '</a.css>; rel=preload' })
        r.end()
      },
      {},
      'pass',
      /^status 200$/,
    ],
  ]
for (const [name, answer, given, outcome, detail] of rows) {
  test(`http answers: ${name}`, async (t) => {
    const { result } = await probed(t, answer, given)
    assert.match(result.detail, detail)
    assert.equal(result.outcome, outcome)
  })
}

const rawRows: [name: string, answer: string, detail: RegExp][] = [
  ['no headers', 'HTTP/1.1 200 OK\r\n\r\n', /^status 200$/],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\n', /^status 200$/],
  ['HTTP/0.9', '<html>hello</html>', /./],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', /./],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', /./],
  [
    'informational answers without end',
    'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100),
    /too many informational answers/,
  ],
  [
    'a protocol that nobody asked for',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    /./,
  ],
]
for (const [name, answer, detail] of rawRows) {
  test(`http in octets: ${name}`, async (t) => {
    const { port } = await rawServer(t, (socket) => socket.on('error', () => {}).once('data', () => socket.end(answer)))
    const check = createHealthCheck(httpCheck({ port }), makeTools())
    const result = (await check?.probe(makeTarget(), new AbortController().signal)) ?? assert.fail()
    assert.match(result.detail, detail)
    assert.equal(result.outcome, /^status 200/.test(result.detail) ? 'pass' : 'fail')
  })
}

/** `{port}` is the server's. */
const asked: [name: string, given: Partial<CheckOf<'http'>>, endpoint: Partial<Endpoint>, host: string, url: string][] =
  [
    ['a bare address', {}, {}, '127.0.0.1:{port}', '/healthz'],
    ['a host name', {}, { hostname: 'eu.api.example' }, 'eu.api.example:{port}', '/healthz'],
    ['a URL', {}, { url: 'https://eu.api.example:8443/base' }, 'eu.api.example:{port}', '/healthz'],
    ['URL before host name', {}, { url: 'http://a.example', hostname: 'b.example' }, 'a.example:{port}', '/healthz'],
    ['a host of its own', { host: 'api.example' }, { url: 'https://eu.api.example' }, 'api.example', '/healthz'],
    ['a host with a port', { host: 'api.example:81' }, {}, 'api.example:81', '/healthz'],
    ['a header that says it', { headers: [['Host', 'x.example']], host: 'api.example' }, {}, 'api.example', '/healthz'],
    ['a query', { path: '/health?deep=1&a=%20' }, {}, '127.0.0.1:{port}', '/health?deep=1&a=%20'],
    ['a path that looks like a host', { path: '//evil.example/x' }, {}, '127.0.0.1:{port}', '//evil.example/x'],
    ['a path beyond ASCII', { path: '/santé' }, {}, '127.0.0.1:{port}', '/sant%C3%A9'],
  ]
for (const [name, given, endpoint, host, url] of asked) {
  test(`http asks: ${name}`, async (t) => {
    const { result, requests, port } = await probed(t, answering(200), given, endpoint)
    assert.equal(result.outcome, 'pass', result.detail)
    assert.equal(requests[0]?.headers.host, host.replace('{port}', String(port)))
    assert.equal(requests[0]?.url, url)
  })
}

test('http headers: ours, unless the check has them; nothing is sent twice', async (t) => {
  const headers = [
    ['User-Agent', 'mine'],
    ['x-a', '1'],
    ['x-a', '2'],
  ] as const
  const { requests } = await probed(t, answering(200), { headers })
  const { host: _host, ...found } = requests[0]?.headers ?? {}
  assert.deepEqual(found, {
    'user-agent': 'mine',
    accept: '*/*',
    'accept-encoding': 'identity',
    'x-a': '1, 2',
    connection: 'close',
  })
})

test('http headers: what HTTP does not allow fails the probe, in words', async (t) => {
  const { result, requests } = await probed(t, answering(200), { headers: [['x', 'a\r\nb: c']] })
  assert.equal(result.outcome, 'fail')
  assert.match(result.detail, /invalid x header/)
  assert.equal(requests.length, 0)
})

const sni: [name: string, given: Partial<CheckOf<'http'>>, endpoint: Partial<Endpoint>, expected: string | false][] = [
  ['a bare address', {}, {}, false],
  ['a host name', {}, { hostname: 'eu.api.example' }, 'eu.api.example'],
  ['a host of its own', { host: 'api.example:81' }, { hostname: 'eu.api.example' }, 'api.example'],
  [
    'a server name of its own',
    { host: 'api.example', tls: { serverName: 'sni.example', verify: 'insecure', warnDays: 0 } },
    {},
    'sni.example',
  ],
]
for (const [name, given, endpoint, expected] of sni) {
  test(`https SNI: ${name}`, async (t) => {
    const { result, requests } = await probed(t, answering(200), given, endpoint, 'https')
    assert.equal(result.outcome, 'pass', result.detail)
    assert.equal((requests[0]?.socket as TLSSocket | undefined)?.servername, expected)
    const { connectMs, tlsMs, firstByteMs } = result.timings
    assert.ok(connectMs !== null && tlsMs !== null && firstByteMs !== null)
  })
}

/** Each path of the server leads to the next. */
const redirects: [
  name: string,
  given: Partial<CheckOf<'http'>>,
  to: readonly string[],
  outcome: ProbeOutcome,
  detail: RegExp,
][] = [
  ['none is followed', {}, ['/1'], 'fail', /^status 302 to http:\/\/127\.0\.0\.1:\d+\/1, not followed, expected 200$/],
  ['one', { redirects: 1 }, ['/1'], 'pass', /^status 200$/],
  ['one too many', { redirects: 1 }, ['/1', '/2'], 'fail', /^status 302 to \S+\/2, not followed/],
  ['three', { redirects: 3 }, ['/1', '/2', 'http://127.0.0.1:{port}/3?q'], 'pass', /^status 200$/],
  [
    'to another host',
    { redirects: 3 },
    ['http://elsewhere.example/'],
    'fail',
    /^status 302 to http:\/\/elsewhere\.example\/, not followed/,
  ],
  [
    'to another host without scheme',
    { redirects: 3 },
    ['//elsewhere.example/'],
    'fail',
    /elsewhere\.example\/, not followed/,
  ],
  ['to another scheme', { redirects: 3 }, ['file:///etc/passwd'], 'fail', /^status 302, expected 200$/],
  ['to nonsense', { redirects: 3 }, ['http://['], 'fail', /^status 302, expected 200$/],
  ['one that is expected', { redirects: 3, expect: [302] }, ['/1'], 'pass', /^status 302$/],
]
for (const [name, given, to, outcome, detail] of redirects) {
  test(`http redirects: ${name}`, async (t) => {
    const { result, requests } = await probed(
      t,
      (request, response) => {
        const step = request.url === '/healthz' ? 0 : Number(request.url?.[1])
        const location = to[step]?.replace('{port}', String(request.socket.localPort))
        if (location === undefined) response.end()
        else response.writeHead(302, { location }).end()
      },
      given,
    )
    assert.match(result.detail, detail)
    assert.equal(result.outcome, outcome)
    assert.ok(requests.length <= (given.redirects ?? 0) + 1)
  })
}

const methods: [method: CheckOf<'http'>['method'], status: number, next: string][] = [
  ['GET', 302, 'GET'],
  ['HEAD', 303, 'HEAD'],
  ['POST', 302, 'GET'],
  ['POST', 303, 'GET'],
  ['POST', 307, 'POST'],
  ['OPTIONS', 308, 'OPTIONS'],
]
for (const [method, status, next] of methods) {
  test(`http redirects: after ${status}, ${method} becomes ${next}`, async (t) => {
    const handler: Handler = (request, response) => {
      response.writeHead(request.url === '/' ? 200 : status, request.url === '/' ? {} : { location: '/' }).end()
    }
    const { requests } = await probed(t, handler, { method, redirects: 1 })
    assert.deepEqual(
      requests.map((request) => request.method),
      [method, next],
    )
  })
}

test('http redirects: from http to https of the same host, on the same address', async (t) => {
  const secure = await watched(t, createHttpsServer(FIRST_PAIR, answering(200)))
  const location = `https://eu.api.example:${secure.port}/`
  const { result } = await probed(t, answering(301, '', { location }), { redirects: 1 }, { hostname: 'eu.api.example' })
  assert.equal(result.outcome, 'pass', result.detail)
  assert.equal(secure.seen(), 1)
})

const METRICS = '# HELP load x\nload{zone="a"} 3\nload{zone="b"} 4\nload_total 9\n'
const loads: [
  name: string,
  body: string,
  load: CheckOf<'http'>['load'],
  found: Record<string, number>,
  warning: RegExp | null,
][] = [
  ['JSON', status, [{ metric: 'cpu', from: { json: '$.load' } }], { cpu: 0.25 }, null],
  ['Prometheus', METRICS, [{ metric: 'cpu', from: { prometheus: 'load{zone="b"}' } }], { cpu: 4 }, null],
  [
    'two',
    METRICS,
    [
      { metric: 'cpu', from: { prometheus: 'load' } },
      { metric: 'all', from: { prometheus: 'load_total' } },
    ],
    { cpu: 7, all: 9 },
    null,
  ],
  [
    'JSON, not there',
    status,
    [{ metric: 'cpu', from: { json: '$.cpu' } }],
    {},
    /^load `cpu` was not read: no number of 0 or more at \$\.cpu$/,
  ],
  ['JSON, text', status, [{ metric: 'cpu', from: { json: '$.text' } }], {}, /no number of 0 or more/],
  ['JSON, negative', '{"load":-1}', [{ metric: 'cpu', from: { json: '$.load' } }], {}, /no number of 0 or more/],
  ['no JSON', METRICS, [{ metric: 'cpu', from: { json: '$.cpu' } }], {}, /the body is no JSON/],
  [
    'Prometheus, not there',
    METRICS,
    [{ metric: 'cpu', from: { prometheus: 'cpu' } }],
    {},
    /no number of 0 or more for cpu in the answer$/,
  ],
  [
    'Prometheus, cut',
    `${'x 1\n'.repeat(20_000)}load 5\n`,
    [{ metric: 'cpu', from: { prometheus: 'load' } }],
    {},
    /in the first 65536 octets/,
  ],
  [
    'Prometheus, cut in a number',
    `${'x'.repeat(65_530)}\nload 555\n`,
    [{ metric: 'cpu', from: { prometheus: 'load' } }],
    {},
    /in the first 65536 octets/,
  ],
]
for (const [name, body, load, found, warning] of loads) {
  test(`http load: ${name}`, async (t) => {
    const { result } = await probed(t, answering(200, body), { load })
    assert.equal(result.outcome, 'pass', result.detail)
    assert.deepEqual(result.load, found)
    assert.equal(result.warnings.length, warning === null ? 0 : 1)
    if (warning !== null) assert.match(result.warnings[0] ?? '', warning)
  })
}

const texts: [statuses: readonly number[], text: string][] = [
  [[], ''],
  [[200], '200'],
  [[204, 200, 301], '200, 204 or 301'],
  [TWO_HUNDREDS, '2xx'],
  [[404, ...TWO_HUNDREDS], '2xx or 404'],
  [TWO_HUNDREDS.slice(0, 2), '200 or 201'],
]
for (const [statuses, text] of texts) {
  test(`statuses in words: ${text}`, () => assert.equal(statusesText(statuses), text))
}
