import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { GOOD_DOCUMENTS } from '../../helpers/nearcast.ts'
import { nearcastHere } from '../../helpers/nearcast-here.ts'
import { makeFolders, startTestNode, type TestNode } from '../../helpers/node.ts'

const DOCUMENTS = {
  ...GOOD_DOCUMENTS,
  'split.yaml': `service: split
names: { dns: [split.geo.example] }
endpoints:
  a: { site: iad, a: [192.0.2.31] }
  b: { site: fra, a: [192.0.2.32] }
steer: [{ spread: { by: equal, sticky: none } }]
`,
  'web.yaml': `service: web
names: { http: [web.example] }
endpoints:
  a: { site: iad, url: 'https://web.example.net' }
steer: [up]
`,
}

/** Flags that make the command ask this node. */
const atNode = ({ listeners }: TestNode): readonly string[] =>
  (['dns', 'admin'] as const).flatMap((front) => [
    `--${front}`,
    listeners.find(({ frontEnd }) => frontEnd === front)?.address ?? '',
  ])

const dnsAddress = (node: TestNode): string => atNode(node)[1] ?? ''

async function startHere(t: TestContext) {
  const folders = await makeFolders(t, DOCUMENTS)
  const node = await startTestNode(t, folders)
  const run = (...args: readonly string[]) => nearcastHere(['dig', ...args, ...atNode(node)], folders)
  return { folders, node, run }
}

test('dig: what the node answers beside what its policies say', async (t) => {
  const { run, folders, node } = await startHere(t)

  await t.test('as predicted, from the revision in force', async () => {
    const { code, out, err } = await run('api.geo.example', '--from', 'DE,US-VA,none')
    assert.equal(code, 0, out + err)
    assert.match(out, /^predicted from revision 1, in force; asked 127\.0\.0\.1:\d+ over UDP$/m)
    assert.match(out, /^api\.geo\.example A {2}service api$/m)
    assert.match(
      out,
      /^DE \S+\/24 .* frankfurt +192\.0\.2\.20 +30 +\/\d+ +nearest, \d+ km +192\.0\.2\.20 +[\d.]+ +same$/m,
    )
    assert.match(out, /^US-VA \S+\/24 .* virginia +192\.0\.2\.10 /m)
    assert.match(out, /^no subnet +the resolver, 127\.0\.0\.1 /m)
    assert.match(out, /^6 of 6 as predicted$/m)
  })

  await t.test('a service stands for its first name; all steps on demand', async () => {
    const { code, out } = await run('api', 'A', '--from', 'DE', '--verbose', '--tcp')
    assert.equal(code, 0)
    assert.match(out, /over TCP$/m)
    assert.match(out, /^api for DE \(/m)
    assert.match(out, /↓ virginia: [\d,]+ km away, behind the nearest/)
    assert.match(out, /^ {2}decision api:1:d:/m)
  })

  await t.test('a split, measured', async () => {
    const { code, out } = await run('split', 'A', '--from', '81.2.69.0/24', '--count', '20')
    assert.equal(code, 0)
    assert.match(out, / a +192\.0\.2\.31 +50\.\d% .* spread by equal +192\.0\.2\.31 +\d+\.0% .* one of 2$/m)
    assert.match(out, /^ +b +192\.0\.2\.32 +49\.\d%/m)
  })

  await t.test('JSON', async () => {
    const { code, out } = await run('split.geo.example', 'geo.example', 'A', 'SOA', '--from', '81.2.69.0/24', '--json')
    assert.equal(code, 0)
    const { results, ...rest } = JSON.parse(out)
    assert.deepEqual(rest, {
      server: dnsAddress(node),
      transport: 'udp',
      queriesEach: 1,
      revision: { number: 1, from: 'revision 1, in force', inForce: true },
      notes: [],
      asPredicted: true,
    })
    const [split, , , soa] = results
    assert.deepEqual(Object.keys(split), ['name', 'type', 'client', 'verdict', 'differences', 'predicted', 'wire'])
    assert.equal(split.verdict, 'oneOf')
    assert.equal(split.predicted.possible.length, 2)
    const [possible] = split.predicted.possible
    assert.deepEqual(possible.decisions[0].why, ['spread by equal'])
    assert.match(possible.decisions[0].id, /^split:1:d:/)
    assert.deepEqual(possible.answer, [{ name: 'split.geo.example', type: 'A', ttlSeconds: 30, data: '192.0.2.31' }])
    assert.equal(split.wire.answers[0].count, 1)
    assert.deepEqual([soa.name, soa.type, soa.verdict], ['geo.example', 'SOA', 'same'])
    assert.match(soa.wire.answers[0].answer[0].data, /^ns1\.geo\.example\. hostmaster\.geo\.example\. 1 /)
  })

  await t.test('another server says otherwise', async (t) => {
    const api = GOOD_DOCUMENTS['api.yaml'].replace('192.0.2.20', '192.0.2.21')
    const elsewhere = await makeFolders(t, { ...DOCUMENTS, 'api.yaml': api })
    const server = ['--server', dnsAddress(node), '--from', '81.2.69.0/24,3.80.0.0/24']
    const { code, out } = await nearcastHere(['dig', 'api', 'A', ...server], elsewhere)
    assert.equal(code, 1)
    assert.match(out, /^81\.2\.69\.0\/24 .* 192\.0\.2\.21 .* 192\.0\.2\.20 .* DIFFERENT: answer$/m)
    assert.match(out, /^3\.80\.0\.0\/24 .* same$/m)
    assert.match(out, /^1 of 2 as predicted, 1 different$/m)
    // Which revision that server has is not known here, so that a serial says nothing.
    assert.equal((await nearcastHere(['dig', 'geo.example', 'SOA', ...server], elsewhere)).code, 0)
  })

  await t.test('policies that read otherwise than what is in force', async () => {
    await writeFile(join(folders.policies, 'api.yaml'), 'service: [')
    const { code, out } = await run('api', 'A', '--from', '81.2.69.0/24')
    assert.equal(code, 0)
    assert.match(out, /reads otherwise than revision 1, which is in force and is what is shown/)
    assert.match(out, /^1 of 1 as predicted$/m)
  })
})

test('dig: nobody to ask', async (t) => {
  const folders = await makeFolders(t, DOCUMENTS)
  const ask = (...args: readonly string[]) =>
    nearcastHere(['dig', 'api', 'A', '--from', '81.2.69.0/24', ...args], folders)
  const alone = /^81\.2\.69\.0\/24 .* frankfurt +192\.0\.2\.20 +30 +\/\d+ +nearest, \d+ km$/m

  const offline = await ask('--offline')
  assert.equal(offline.code, 0)
  assert.match(offline.out, /; nobody was asked$/m)
  assert.match(offline.out, alone)

  const off = await ask('--dns', 'off')
  assert.equal(off.code, 0)

  const node = await startTestNode(t, await makeFolders(t, DOCUMENTS))
  await node.close()
  const silent = await ask('--dns', dnsAddress(node))
  assert.equal(silent.code, 1)
  assert.match(
    silent.out,
    /^127\.0\.0\.1:\d+ does not answer \(nothing listens there\): this is the prediction alone$/m,
  )
  assert.match(silent.out, alone)
})

const usageRows: readonly [args: readonly string[], code: number, message: RegExp][] = [
  [['A', 'MX'], 2, /name at least one DNS name/],
  [['api..example'], 2, /neither a DNS name nor a record type/],
  [['api', '--from', 'frankfurt'], 2, /"frankfurt" is neither an address/],
  [['api', '--count', '0'], 2, /--count 0 is no whole number from 1 to 10000/],
  [['api', '--server', 'ns1.example'], 2, /--server ns1\.example is no address/],
  [['web', '--offline'], 1, /the service web has no name in DNS/],
]

test('dig: what is not understood', async (t) => {
  const folders = await makeFolders(t, DOCUMENTS)
  for (const [args, code, message] of usageRows) {
    const found = await nearcastHere(['dig', ...args], folders)
    assert.equal(found.code, code, args.join(' '))
    assert.match(found.err, message)
  }
})

test('dig: policies that do not read', async (t) => {
  const folders = await makeFolders(t, { 'api.yaml': 'service: [' })
  const { code, err } = await nearcastHere(['dig', 'api', '--offline'], folders)
  assert.equal(code, 1)
  assert.match(err, /api\.yaml:1/)
})
