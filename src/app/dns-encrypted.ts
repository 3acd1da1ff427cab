import { type Balancers, isAmong } from '../dns/balancers.ts'
import { startDohServer } from '../dns/doh-server.ts'
import type { Respond } from '../dns/respond.ts'
import type { StreamListener } from '../dns/stream-listener.ts'
import { type EncryptedOptions, startTlsServer } from '../dns/tls-server.ts'
import { type Certificate, watchCertificate } from '../dns/watch-certificate.ts'
import { formatAddress } from '../domain/address.ts'
import { clientAddress } from '../http/client-address.ts'
import { formatListenAddress, type ListenAddress } from './config-values.ts'
import type { FrontParts } from './front-parts.ts'
import { ListenFailure, listenFailure, type OpenFront } from './listeners.ts'

type Encrypted = 'dot' | 'doh'
const TRANSPORT = { dot: 'tls', doh: 'https' } as const

/** Opens DNS over TLS and over HTTPS, as far as they are switched on. What is open is added to `open`. @throws ListenFailure */
export async function openEncrypted(
  parts: FrontParts,
  respond: Respond,
  balancers: Balancers,
  open: OpenFront[],
): Promise<void> {
  const { config, schedule } = parts
  const wanted = (['dot', 'doh'] as const).flatMap((front) => {
    const address = config[front]
    return address === null ? [] : [{ front, address }]
  })
  if (wanted.length === 0) return
  const certificate = await openCertificate(parts)
  open.push({ listeners: [], close: async () => certificate.close() })
  for (const { front, address } of wanted) {
    const { host, port } = address
    const options = { host, port, respond, balancers, certificate, schedule }
    open.push(await opened(front, address, () => SERVERS[front](options, parts)))
  }
}

const SERVERS: Readonly<Record<Encrypted, (options: EncryptedOptions, parts: FrontParts) => Promise<StreamListener>>> =
  {
    dot: (options) => startTlsServer(options),
    doh: (options, { config: { trustedProxies } }) =>
      startDohServer({
        ...options,
        clientOf: (peer, headers) => clientAddress(formatAddress(peer), headers, trustedProxies).address,
        isProxy: (peer) => isAmong(trustedProxies, peer),
      }),
  }

async function opened(
  front: Encrypted,
  address: ListenAddress,
  start: () => Promise<StreamListener>,
): Promise<OpenFront> {
  try {
    const server = await start()
    const text = formatListenAddress({ host: address.host, port: server.port })
    const listeners = [{ frontEnd: front, transport: TRANSPORT[front], address: text }]
    return { listeners, close: () => server.close() }
  } catch (error) {
    throw listenFailure(front, address, error as Error)
  }
}

async function openCertificate({ config, nowMs, schedule, log }: FrontParts): Promise<Certificate> {
  const { dnsTlsCert: certFile, dnsTlsKey: keyFile } = config
  // The configuration has been refused by now.
  if (certFile === null || keyFile === null) throw new Error('dns.tlsCert and dns.tlsKey are not set')
  const onProblem = (message: string): void => log.warn(message)
  const onReload = (message: string): void => log.info(message)
  try {
    return await watchCertificate({ certFile, keyFile, nowMs, schedule, onProblem, onReload })
  } catch (error) {
    const fronts = [config.dot === null ? [] : ['dot'], config.doh === null ? [] : ['doh']].flat().join(' and ')
    throw new ListenFailure(
      `${fronts} cannot start without a certificate: ${(error as Error).message}. dns.tlsCert and dns.tlsKey name its files. Nothing was started.`,
      { cause: error },
    )
  }
}
