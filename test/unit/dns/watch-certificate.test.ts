import assert from 'node:assert/strict'
import { createPrivateKey } from 'node:crypto'
import { mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { readKeyPair } from '../../../src/dns/tls-certificate.ts'
import { watchCertificate } from '../../../src/dns/watch-certificate.ts'
import { FIRST_PAIR, SECOND_PAIR } from '../../helpers/certificates.ts'
import { manualClock } from '../../helpers/manual-clock.ts'
import { pairOf } from '../../helpers/swapped-certificate.ts'

const FIRST = 'DNS:first.geo.example, DNS:ns1.geo.example, IP Address:127.0.0.1'
const SECOND = 'DNS:second.geo.example, DNS:ns1.geo.example, IP Address:127.0.0.1'
const { validFromMs, validToMs } = pairOf(FIRST_PAIR)
const DAY_MS = 86_400_000

async function makeFiles(t: TestContext, pair: { readonly cert: string; readonly key: string } = FIRST_PAIR) {
  const folder = await mkdtemp(join(tmpdir(), 'nearcast-tls-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')]
  await writeFile(certFile, pair.cert)
  await writeFile(keyFile, pair.key)
  return { folder, certFile, keyFile }
}

async function watch(t: TestContext, files: { certFile: string; keyFile: string }, startMs = validFromMs + DAY_MS) {
  const clock = manualClock(startMs)
  const [problems, reloads, swaps]: [string[], string[], string[]] = [[], [], []]
  const { nowMs, schedule } = clock
  const certificate = await watchCertificate({
    certFile: files.certFile,
    keyFile: files.keyFile,
    nowMs,
    schedule,
    onProblem: (message) => problems.push(message),
    onReload: (message) => reloads.push(message),
  })
  t.after(() => certificate.close())
  certificate.subscribe(({ names }) => swaps.push(names))
  /** Lets the next look come, and waits for its end. */
  const look = async (): Promise<void> => {
    clock.advance(5_000)
    while (clock.pending() === 0) await setImmediate()
  }
  return { clock, certificate, problems, reloads, swaps, look }
}

test('a pair that is replaced comes into force, and is told once', async (t) => {
  const files = await makeFiles(t)
  const { certificate, problems, reloads, swaps, look } = await watch(t, files)
  assert.equal(certificate.current().names, FIRST)
  await look()
  assert.deepEqual(swaps, [])
  await writeFile(files.certFile, SECOND_PAIR.cert)
  await writeFile(files.keyFile, SECOND_PAIR.key)
  await look()
  await look()
  assert.equal(certificate.current().names, SECOND)
  assert.deepEqual(swaps, [SECOND])
  assert.equal(reloads.length, 1)
  assert.match(
    reloads[0] ?? '',
    /tls\.crt \(DNS:second\.geo\.example.*\) is in force, valid to 2126-10-28 \d\d:\d\d:\d\d UTC$/,
  )
  assert.deepEqual(problems, [])
})

test('a key that is written after its certificate: the old pair stays until then, which is told once', async (t) => {
  const files = await makeFiles(t)
  const { certificate, problems, swaps, look } = await watch(t, files)
  await writeFile(files.certFile, SECOND_PAIR.cert)
  await look()
  await look()
  assert.equal(certificate.current().names, FIRST)
  assert.deepEqual(problems, [
    `${files.keyFile} is not the key of the first certificate in ${files.certFile}, which must be the server's own. ` +
      `The certificate for ${FIRST} stays in force; the files ${files.certFile} and ${files.keyFile} are looked at again`,
  ])
  await writeFile(files.keyFile, SECOND_PAIR.key)
  await look()
  assert.deepEqual(swaps, [SECOND])
  assert.equal(problems.length, 1)
})

test('links that are swapped, as Kubernetes does it', async (t) => {
  const { folder } = await makeFiles(t)
  for (const [name, pair] of [
    ['..1', FIRST_PAIR],
    ['..2', SECOND_PAIR],
  ] as const) {
    await mkdir(join(folder, name))
    await writeFile(join(folder, name, 'tls.crt'), pair.cert)
    await writeFile(join(folder, name, 'tls.key'), pair.key)
  }
  await symlink('..1', join(folder, '..data'))
  const [certFile, keyFile] = [join(folder, 'link.crt'), join(folder, 'link.key')]
  await symlink('..data/tls.crt', certFile)
  await symlink('..data/tls.key', keyFile)
  const { swaps, problems, look } = await watch(t, { certFile, keyFile })
  await symlink('..2', join(folder, '..data_tmp'))
  await rename(join(folder, '..data_tmp'), join(folder, '..data'))
  await look()
  assert.deepEqual([swaps, problems], [[SECOND], []])
})

test('files that go away and come back change nothing', async (t) => {
  const files = await makeFiles(t)
  const { certificate, problems, swaps, look } = await watch(t, files)
  await unlink(files.keyFile)
  await look()
  assert.equal(problems.length, 1)
  assert.match(problems[0] ?? '', /tls\.key cannot be read: no such file is there\. The certificate for /)
  await writeFile(files.keyFile, FIRST_PAIR.key)
  await look()
  assert.equal(certificate.current().names, FIRST)
  assert.deepEqual(swaps, [])
  // Another time is another problem.
  await unlink(files.keyFile)
  await look()
  assert.equal(problems.length, 2)
})

test('who is told no more, is told no more', async (t) => {
  const files = await makeFiles(t)
  const { certificate, look } = await watch(t, files)
  const told: string[] = []
  certificate.subscribe(({ names }) => told.push(names))()
  await writeFile(files.certFile, SECOND_PAIR.cert)
  await writeFile(files.keyFile, SECOND_PAIR.key)
  await look()
  assert.deepEqual(told, [])
})

const OF_FIRST = /^the certificate in \S+tls\.crt \(DNS:first\.geo\.example.*\) /
for (const [name, atMs, said] of [
  ['long before its end', validToMs - 15 * DAY_MS, []],
  ['two weeks before its end', validToMs - 14 * DAY_MS + 1000, [/expires 2126-10-28 /]],
  ['after its end', validToMs + 1000, [/has expired 2126-10-28 .*: clients will not accept it/]],
  ['before its time', validFromMs - 1000, [/is not valid before 2026-11-21 .*: clients will not accept it/]],
] as const) {
  test(`a certificate ${name} is in force, and told once: ${said.length}`, async (t) => {
    const { certificate, problems, look } = await watch(t, await makeFiles(t), atMs)
    assert.equal(certificate.current().names, FIRST)
    if (atMs > validFromMs) await look()
    assert.equal(problems.length, said.length)
    for (const [index, text] of said.entries())
      assert.match(problems[index] ?? '', new RegExp(OF_FIRST.source + text.source))
  })
}

test('a certificate that nears its end while it is used is told twice: near, and over', async (t) => {
  const { clock, problems, look } = await watch(t, await makeFiles(t), validToMs - 15 * DAY_MS)
  await look()
  assert.deepEqual(problems, [])
  for (const _ of [1, 2, 3]) {
    clock.advance(DAY_MS)
    await look()
  }
  assert.equal(problems.length, 1)
  clock.advance(20 * DAY_MS)
  await look()
  await look()
  assert.match(problems[1] ?? '', /has expired/)
  assert.equal(problems.length, 2)
})

const { cert, key } = FIRST_PAIR
const LOCK = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const
const ENCRYPTED = createPrivateKey(key).export(LOCK)
for (const [name, certText, keyText, problem] of [
  ['no PEM', 'hello', key, /^cert\.pem holds no certificate in PEM \(/],
  ['an empty file', '', key, /^cert\.pem holds no certificate in PEM/],
  ['the two the wrong way round', key, cert, /^cert\.pem holds no certificate in PEM/],
  [
    'DER',
    Buffer.from(cert.split('\n').slice(1, -2).join(''), 'base64'),
    key,
    /^cert\.pem holds no certificate in PEM$/,
  ],
  ['a key that is none', cert, 'hello', /^key\.pem holds no key in PEM that can be read without a password \(/],
  ['a key with a password', cert, ENCRYPTED, /^key\.pem holds no key in PEM that can be read without a password \(/],
  ['the key of another', cert, SECOND_PAIR.key, /^key\.pem is not the key of the first certificate in cert\.pem/],
  [
    'a chain that starts with another',
    SECOND_PAIR.cert + cert,
    key,
    /^key\.pem is not the key of the first certificate/,
  ],
  [
    'a chain with junk in it',
    `${cert}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
    key,
    /^cert\.pem cannot be used \(/,
  ],
] as const) {
  test(`refused: ${name}`, () => {
    const read = readKeyPair({ certFile: 'cert.pem', keyFile: 'key.pem' }, Buffer.from(certText), Buffer.from(keyText))
    assert.match(read.ok ? 'well' : read.problem, problem)
  })
}

test('a chain, and text around it, is well', () => {
  const chain = `subject=first\n${cert}\nissuer\n${SECOND_PAIR.cert}`
  const read = readKeyPair({ certFile: 'cert.pem', keyFile: 'key.pem' }, Buffer.from(chain), Buffer.from(key))
  assert.ok(read.ok && read.pair.names === FIRST)
})

test('without good files there is nothing to start with', async (t) => {
  const files = await makeFiles(t, { cert, key: SECOND_PAIR.key })
  await assert.rejects(watch(t, files), { message: /tls\.key is not the key/ })
  await unlink(files.certFile)
  await assert.rejects(watch(t, files), { message: /tls\.crt cannot be read: no such file is there$/ })
  await assert.rejects(watch(t, { ...files, certFile: files.folder }), { message: /cannot be read: it is a folder$/ })
})
