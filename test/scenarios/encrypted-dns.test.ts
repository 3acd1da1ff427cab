import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { ListenFailure } from '../../src/app/listeners.ts'
import type { IpPrefix } from '../../src/domain/address.ts'
import { FIRST_PAIR, SECOND_PAIR } from '../helpers/certificates.ts'
import { askUdp, frame, openTcp, readMessages } from '../helpers/dns-client.ts'
import { composeQuery, describeMessage } from '../helpers/dns-message.ts'
import { askHttp1, askHttp2 } from '../helpers/doh-client.ts'
import { makeFolders, startTestNode, type TestNode } from '../helpers/node.ts'
import { composeProxyHeader } from '../helpers/proxy-header.ts'
import { until } from '../helpers/until.ts'

const ANYWHERE = { host: '127.0.0.1', port: 0 }
/** One in London: the sample policies send it to Frankfurt. */
const QUESTION = 'api.geo.example A +subnet=81.2.69.0/24'
const { bytes: QUERY } = composeQuery(QUESTION)

async function start(t: TestContext, pair: { readonly cert: string; readonly key: string } = FIRST_PAIR) {
  const folders = await makeFolders(t)
  const [dnsTlsCert, dnsTlsKey] = [join(folders.state, 'tls.crt'), join(folders.state, 'tls.key')]
  await writeFile(dnsTlsCert, pair.cert)
  await writeFile(dnsTlsKey, pair.key)
  const settings = { dot: ANYWHERE, doh: ANYWHERE, dnsTlsCert, dnsTlsKey, dnsWorkers: 0 }
  return { node: await startTestNode(t, folders, settings), ...settings }
}

const portOf = (node: TestNode, front: 'dot' | 'doh'): number =>
  Number(
    node.listeners
      .find(({ frontEnd }) => frontEnd === front)
      ?.address.split(':')
      .at(-1),
  )

const dial = (node: TestNode): TLSSocket =>
  connect({ host: '127.0.0.1', port: portOf(node, 'dot'), rejectUnauthorized: false, ALPNProtocols: ['dot'] })

async function askTls(node: TestNode): Promise<Buffer> {
  const client = await readMessages(dial(node), 'secureConnect')
  client.socket.write(frame(QUERY))
  const [message] = await client.messages(1)
  client.socket.destroy()
  return message as Buffer
}

test('over TLS and HTTPS a node answers as over UDP; the listeners are shown', async (t) => {
  const { node } = await start(t)
  const wanted = (await node.dig(QUESTION)).answer
  assert.equal(wanted.length, 1)
  assert.deepEqual(describeMessage(await askTls(node)).answer, wanted)
  const path = `/dns-query?dns=${QUERY.toString('base64url')}`
  for (const ask of [askHttp1, askHttp2]) {
    const { status, headers, body } = await ask(portOf(node, 'doh'), { path })
    assert.equal(status, 200)
    assert.equal(headers['cache-control'], 'max-age=30, private')
    assert.deepEqual(describeMessage(body).answer, wanted)
  }
  // The node trusts loopback as a proxy: without a client subnet the address that it names decides.
  const bare = composeQuery('api.geo.example A').bytes
  const steered = async (client: string) => {
    const headers = { 'x-forwarded-for': client }
    const asked = { path: `/dns-query?dns=${bare.toString('base64url')}`, headers }
    return describeMessage((await askHttp2(portOf(node, 'doh'), asked)).body).answer
  }
  assert.deepEqual(await steered('81.2.69.142'), wanted)
  assert.notDeepEqual(await steered('1.1.64.1'), wanted)

  const { listeners } = JSON.parse((await node.admin('/v1/status')).text) as { listeners: { transport: string }[] }
  assert.deepEqual(
    listeners.map(({ transport }) => transport),
    ['udp', 'tcp', 'tls', 'https', 'tcp', 'tcp', 'tcp'],
  )
  const { text } = await node.admin('/metrics')
  assert.match(text, /^nearcast_dns_responses_total\{transport="tls",rcode="NOERROR"\} 1$/m)
  assert.match(text, /^nearcast_dns_responses_total\{transport="https",rcode="NOERROR"\} 4$/m)
})

test('new certificate files are used without a restart', async (t) => {
  const { node, dnsTlsCert, dnsTlsKey } = await start(t)
  await writeFile(dnsTlsCert, SECOND_PAIR.cert)
  await writeFile(dnsTlsKey, SECOND_PAIR.key)
  const nameNow = async (): Promise<unknown> => {
    const socket = dial(node)
    await once(socket, 'secureConnect')
    const name = socket.getPeerCertificate().subject.CN
    socket.destroy()
    return name
  }
  await until(nameNow, (name) => name === 'second.geo.example')
})

test('without a good certificate nothing is started, and it is said why', async (t) => {
  await assert.rejects(start(t, { cert: FIRST_PAIR.cert, key: SECOND_PAIR.key }), (error) => {
    assert.ok(error instanceof ListenFailure)
    assert.match(
      error.message,
      /^dot and doh cannot start without a certificate: \S+tls\.key is not the key .* Nothing was started\.$/,
    )
    return true
  })
})

test('DNS over TLS alone, without the plain one', async (t) => {
  const { node, ...settings } = await start(t)
  const other = await startTestNode(t, await makeFolders(t), { ...settings, dns: null, doh: null })
  assert.deepEqual(describeMessage(await askTls(other)).answer, describeMessage(await askTls(node)).answer)
})

test('behind a balancer the client that it names is steered, over UDP and TCP', async (t) => {
  const folders = await makeFolders(t)
  const dnsProxyFrom: IpPrefix[] = [{ family: 4, bytes: Uint8Array.of(127, 0, 0, 0), length: 8 }]
  const node = await startTestNode(t, folders, { dnsProxyFrom, dnsWorkers: 1 })
  const port = Number(node.listeners[0]?.address.split(':').at(-1))
  const { bytes } = composeQuery('api.geo.example A')
  const askFor = async (source: string): Promise<readonly (readonly string[])[]> => {
    const header = composeProxyHeader({ source, destination: '127.0.0.1' })
    const tcp = await openTcp(port)
    tcp.socket.write(Buffer.concat([header, frame(bytes)]))
    const [overTcp] = await tcp.messages(1)
    tcp.socket.destroy()
    const overUdp = await askUdp(port, Buffer.concat([header, bytes]))
    return [overUdp, overTcp as Buffer].map((message) => describeMessage(message).answer)
  }
  const [london, tokyo] = [await askFor('81.2.69.142'), await askFor('1.1.64.1')]
  assert.match(london[0]?.join() ?? '', /198\.51\.100\.10$/)
  assert.deepEqual(london[1], london[0])
  assert.deepEqual(tokyo[1], tokyo[0])
  assert.notDeepEqual(tokyo, london)
  const bare = await openTcp(port)
  bare.socket.write(frame(bytes))
  assert.deepEqual(await bare.closed, [])
  assert.match((await node.admin('/metrics')).text, /^nearcast_dns_proxy_refused_total 1$/m)
})
