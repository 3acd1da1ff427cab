import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { Packet } from 'dns2'

export interface FakeQuestion {
  readonly name: string
  readonly type: 'A' | 'AAAA'
  readonly transport: 'udp' | 'tcp'
}

export interface FakeAnswer {
  readonly answers?: readonly object[]
  readonly authorities?: readonly object[]
  readonly header?: Readonly<Record<string, number>>
  readonly question?: { readonly name: string; readonly type: number }
  /** Last change to the octets. */
  readonly mangle?: (message: Buffer) => Buffer
}

export interface FakeResolver {
  readonly server: { readonly address: string; readonly port: number }
  readonly asked: readonly FakeQuestion[]
  close(): void
}

/** A recursive resolver on the loopback interface that says what it is told to. */
export async function fakeResolver(answerOf: (question: FakeQuestion) => FakeAnswer): Promise<FakeResolver> {
  const asked: FakeQuestion[] = []

  const answer = (query: Buffer, transport: FakeQuestion['transport']): Buffer => {
    const { header, questions } = Packet.parse(query)
    const [first] = questions
    const name = first?.name ?? ''
    const question: FakeQuestion = { name, type: first?.type === 1 ? 'A' : 'AAAA', transport }
    asked.push(question)
    const said = answerOf(question)
    const response = new Packet()
    response.header = new Packet.Header({ id: header.id, qr: 1, rd: 1, ra: 1, ...said.header } as object)
    response.questions = [{ name, type: first?.type ?? 0, class: 1, ...said.question } as never]
    response.answers = (said.answers ?? []).map((record) => ({ name, class: 1, ttl: 300, ...record })) as never
    response.authorities = (said.authorities ?? []).map((record) => ({ name, class: 1, ttl: 300, ...record })) as never
    const bytes = response.toBuffer()
    return said.mangle === undefined ? bytes : said.mangle(bytes)
  }

  const tcp = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (data: Buffer) => {
      const bytes = answer(data.subarray(2), 'tcp')
      socket.end(Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]))
    })
  })
  tcp.listen(0, '127.0.0.1')
  await once(tcp, 'listening')
  const { port } = tcp.address() as AddressInfo
  const udp = createSocket('udp4')
  udp.on('message', (message, remote) => udp.send(answer(message, 'udp'), remote.port, remote.address))
  udp.bind(port, '127.0.0.1')
  await once(udp, 'listening')
  return {
    server: { address: '127.0.0.1', port },
    asked,
    close: () => {
      tcp.close()
      udp.close()
    },
  }
}
