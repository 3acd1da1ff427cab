import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { request } from 'undici'
import { type Config, loadConfig } from '../../src/app/config.ts'
import { createLogger } from '../../src/app/logger.ts'
import { type RunningNode, startNode } from '../../src/app/node.ts'
import { askUdp } from './dns-client.ts'
import { composeQuery, type DescribedMessage, describeMessage } from './dns-message.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Compiling the city database takes seconds: once for all test files. A cache keeps three: tests with databases of their own have one of their own. */
const geoCacheNamed = (name: string): string => join(ROOT, 'node_modules', '.cache', name)

export interface TestFolders {
  readonly policies: string
  readonly state: string
}

/** A copy of the sample policies (or the given documents) and a fresh state directory, removed after the test. */
export async function makeFolders(
  t: TestContext,
  documents?: Readonly<Record<string, string>>,
  geoCacheName = 'nearcast-geo',
): Promise<TestFolders> {
  const base = await mkdtemp(join(tmpdir(), 'nearcast-test-'))
  t.after(() => rm(base, { recursive: true, force: true }))
  const folders = { policies: join(base, 'policies'), state: join(base, 'state') }
  const geoCache = geoCacheNamed(geoCacheName)
  await mkdir(geoCache, { recursive: true })
  await mkdir(folders.state)
  await symlink(geoCache, join(folders.state, 'geo'))
  if (documents === undefined) await cp(join(ROOT, 'policies'), folders.policies, { recursive: true })
  else {
    await mkdir(folders.policies)
    for (const [name, text] of Object.entries(documents)) await writeFile(join(folders.policies, name), text)
  }
  return folders
}

export interface TestNode extends RunningNode {
  readonly folders: TestFolders
  /** `api.geo.example A +subnet=…`, over UDP. */
  dig(question: string): Promise<DescribedMessage>
  /** A redirect's status and headers. */
  get(host: string, target: string, client?: string): Promise<{ status: number; headers: Record<string, unknown> }>
  discover(path: string, client?: string): Promise<{ status: number; body: Record<string, unknown> }>
  admin(path: string): Promise<{ status: number; text: string }>
}

/** A whole node on free ports of the loopback, with the real city database, closed after the test. */
export async function startTestNode(
  t: TestContext,
  folders: TestFolders,
  settings: Partial<Config> = {},
): Promise<TestNode> {
  const any = '127.0.0.1:0'
  const flags = { dns: any, redirect: any, discovery: any, admin: any, trustedProxies: '127.0.0.0/8', ...folders }
  const loaded = loadConfig({
    flags: { ...flags, geoData: join(folders.policies, '..', 'geo-data') },
    env: {},
    readFile: () => null,
  })
  if ('problems' in loaded) throw new Error(loaded.problems.join('\n'))
  const node = await startNode({
    config: { ...loaded.config, ...settings },
    log: createLogger('silent', 'json'),
    version: 'test',
    nowMs: Date.now,
    schedule: (task, delayMs) => {
      const timer = setTimeout(task, delayMs)
      return () => clearTimeout(timer)
    },
    dice: () => Math.floor(Math.random() * 2 ** 32),
    onProgress: () => {},
  })
  t.after(() => node.close())
  return { ...node, folders, ...clientsOf(node) }
}

function clientsOf(node: RunningNode) {
  const at = (front: string) => node.listeners.find(({ frontEnd }) => frontEnd === front)?.address ?? ''
  const from = (client: string | undefined) => (client === undefined ? {} : { 'x-forwarded-for': client })
  return {
    async dig(question: string) {
      const port = Number(at('dns').split(':').at(-1))
      return describeMessage(await askUdp(port, composeQuery(question).bytes))
    },
    async get(host: string, target: string, client?: string) {
      const { statusCode, headers, body } = await request(`http://${at('redirect')}${target}`, {
        headers: { host, ...from(client) },
      })
      await body.dump()
      return { status: statusCode, headers }
    },
    async discover(path: string, client?: string) {
      const { statusCode, body } = await request(`http://${at('discovery')}${path}`, { headers: from(client) })
      return { status: statusCode, body: (await body.json()) as Record<string, unknown> }
    },
    async admin(path: string) {
      const { statusCode, body } = await request(`http://${at('admin')}${path}`)
      return { status: statusCode, text: await body.text() }
    },
  }
}
