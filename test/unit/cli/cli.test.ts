import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { GOOD_DOCUMENTS as GOOD, NEARCAST, nearcast, settingsOf } from '../../helpers/nearcast.ts'
import { makeFolders, type TestFolders } from '../../helpers/node.ts'

const ROWS: readonly (readonly [name: string, args: readonly string[], code: number, out: RegExp, err: RegExp])[] = [
  [
    'check says what each front end honours',
    ['check'],
    0,
    /1 {2}up.*yes {2}yes {7}yes\n[\s\S]*when all are down: lastResort[\s\S]*3 documents: 0 errors, 0 warnings/,
    /^$/,
  ],
  ['check as JSON', ['check', '--json'], 0, /"ok": true[\s\S]*"honours": "yes"/, /^$/],
  [
    'explain an address',
    ['explain', 'api', '81.2.69.142'],
    0,
    /frankfurt 65\d km[\s\S]*virginia: 5,9\d\d km away, behind the nearest[\s\S]*100\.0% {2}frankfurt, then virginia/,
    /^$/,
  ],
  ['explain a network', ['explain', 'api', '2001:db8::/32'], 0, /nowhere \(not placed\)/, /^$/],
  [
    'explain a country, with a failure',
    ['explain', 'api', 'DE', '--down', 'fra*'],
    0,
    /✗ frankfurt: down[\s\S]*100\.0% {2}virginia/,
    /^$/,
  ],
  ['explain as JSON', ['explain', 'api', 'DE', '--json'], 0, /"outcome": "steered"[\s\S]*"reason": "farther"/, /^$/],
  ['explain an unknown service', ['explain', 'apo', 'DE'], 1, /^$/, /no service "apo"; there are: api/],
  ['explain no client', ['explain', 'api'], 2, /^$/, /name at least one client/],
  ['explain host bits', ['explain', 'api', '192.0.2.1/24'], 2, /^$/, /the network is 192\.0\.2\.0\/24/],
  ['explain nonsense', ['explain', 'api', '8.8.8'], 2, /^$/, /"8\.8\.8" is neither an address/],
  ['explain no country', ['explain', 'api', 'XX'], 2, /^$/, /XX is no ISO 3166-1 code/],
  [
    'explain a header by DNS',
    ['explain', 'api', 'DE', '--front-end', 'dns', '--header', 'a=b'],
    2,
    /^$/,
    /DNS sees no header/,
  ],
  ['explain a bad time', ['explain', 'api', 'DE', '--at', 'noon'], 2, /^$/, /--at noon is no time/],
  ['explain what is no decision', ['explain', 'api:1'], 2, /^$/, /"api:1" is no decision id/],
  [
    'share',
    ['share', 'api', '--countries', '3'],
    0,
    /virginia +\d+\.\d% +\d+\.\d%[\s\S]*no answer +0\.0% +0\.0%[\s\S]*United States +\d/,
    /^$/,
  ],
  ['share as JSON', ['share', 'api', '--json', '--down', 'frankfurt'], 0, /"virginia": 1,\s*"frankfurt": 0/, /^$/],
  [
    'geo',
    ['geo', '81.2.69.142', '10.0.0.1'],
    0,
    /GB-ENG[\s\S]*London[\s\S]*private use \(RFC 1918\)[\s\S]*https:\/\/db-ip\.com/,
    /^$/,
  ],
  ['geo of nonsense', ['geo', '1.2.3.4.5'], 2, /^$/, /"1\.2\.3\.4\.5" is no IPv4 or IPv6 address/],
  [
    'config, by the paths of nearcast.yaml',
    ['config'],
    0,
    /listen\.dns +127\.0\.0\.1:5353 +default\n[\s\S]*policies +\S+ +flag --policies[\s\S]*\ngeoData [\s\S]*\ndns\.debug /,
    /^$/,
  ],
  ['config as JSON', ['config', '--json'], 0, /"dnsDebug": \{[^}]*"path": "dns\.debug"/, /^$/],
  ['check of nothing', ['check', ''], 2, /^$/, /the directory to check has an empty name/],
  ['check of a file', ['check', 'api.yaml'], 2, /^$/, /api\.yaml is a file: documents refer to one another/],
  [
    'check of what is not there',
    ['check', 'nowhere'],
    1,
    /^error no-policy-directory: the policy directory nowhere cannot be read.*\n0 documents: 1 error, 0 warnings\. Nothing/,
    /^$/,
  ],
  [
    'help of a command: the settings in one line, what must be given marked',
    ['override', 'set', '--help'],
    0,
    /--reason <text> .*\(required\)[\s\S]*Settings: --config, --policies, --state; nearcast --help says what they are\.\n$/,
    /^$/,
  ],
  ['no override to clear', ['override', 'clear', 'api/frankfurt'], 1, /^$/, /there is no override/],
  ['an unknown command', ['exlpain'], 2, /^$/, /Did you mean explain\?/],
  ['an unknown flag', ['check', '--jsn'], 2, /^$/, /Did you mean --json\?/],
  [
    'a bad setting',
    ['config', '--dns', 'localhost'],
    2,
    /^$/,
    /flag --dns is "localhost", expected an IP address and a port/,
  ],
  ['help', ['--help'], 0, /explain[\s\S]*Exit codes: 0 done/, /^$/],
]

for (const [name, args, code, out, err] of ROWS) {
  test(`nearcast: ${name}`, async (t) => {
    const run = await nearcast(args, await makeFolders(t, GOOD))
    assert.match(run.out, out)
    assert.match(run.err.replace(/^(reading|merging).*…\n/gm, ''), err)
    assert.equal(run.code, code)
  })
}

test('nearcast check: all problems at once, with file, line and column, and exit code 1', async (t) => {
  const folders = await makeFolders(t, {
    ...GOOD,
    'bad.yaml': 'service: bad\nttl: -5s\nendpoints:\n  a: { sitte: fra, a: [192.0.2.300] }\nsteer: [nearst]\n',
  })
  const { code, out } = await nearcast(['check'], folders)
  assert.equal(code, 1)
  for (const piece of [
    /bad\.yaml:2:6 error/,
    /bad\.yaml:4:8 error.*sitte.*did you mean `site`/,
    /bad\.yaml:5:9 error.*nearst.*nearest/,
    /The rules and the tests of the policies were not run yet/,
    /Nothing of this would come into force/,
  ]) {
    assert.match(out, piece)
  }
})

test('nearcast check: files that could not be read count', async (t) => {
  const folders = await makeFolders(t, GOOD)
  await writeFile(join(folders.policies, 'large.yaml'), Buffer.alloc(2 ** 21, 32))
  const { code, out } = await nearcast(['check'], folders)
  assert.match(out, /large\.yaml:1:1 error[\s\S]*4 documents: 1 error, 0 warnings/)
  assert.equal(code, 1)
  assert.match((await nearcast(['check', '--json'], folders)).out, /"ok": false/)
})

test('nearcast check: too many endpoints are not none', async (t) => {
  const endpoints = Array.from({ length: 5000 }, (_, index) => `  e${index}: { a: [192.0.2.1] }\n`).join('')
  const folders = await makeFolders(t, { 'big.yaml': `service: big\nendpoints:\n${endpoints}steer: []\n` })
  const { out } = await nearcast(['check'], folders)
  assert.match(out, /big\.yaml:2:\d+ error .*1,?000/)
  assert.doesNotMatch(out, /no-endpoints/)
})

const FREE = [
  '--dns',
  '127.0.0.1:0',
  '--redirect',
  '127.0.0.1:0',
  '--discovery',
  '127.0.0.1:0',
  '--admin',
  '127.0.0.1:0',
]

async function serve(t: TestContext, folders: TestFolders, trustedProxies = '127.0.0.0/8') {
  const flags = [...FREE, '--trusted-proxies', trustedProxies]
  const child = spawn(process.execPath, [NEARCAST, 'serve', ...flags, ...settingsOf(folders)], {
    env: { PATH: process.env.PATH, NO_COLOR: '1' },
    cwd: folders.state,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => child.kill('SIGKILL'))
  const lines: string[] = []
  for await (const line of createInterface(child.stdout)) {
    lines.push(line)
    if (line.startsWith('Ctrl-C')) break
  }
  return { child, banner: lines.join('\n') }
}

test('nearcast serve: says what listens, what to try, and stops cleanly at SIGTERM', async (t) => {
  const { child, banner } = await serve(t, await makeFolders(t, GOOD))
  const port = (front: string) => new RegExp(`${front} +(?:http://)?127\\.0\\.0\\.1:(\\d+)`).exec(banner)?.[1]
  assert.match(banner, /DB-IP City Lite of 2026-06-05, city precision/)
  assert.match(banner, /IP Geolocation by DB-IP \(https:\/\/db-ip\.com\)/)
  assert.match(banner, /health +\d+ endpoints?: \d+ unknown \(nearcast status\)/)
  assert.match(banner, /revision 1, 1 service, 1 zone/)
  assert.match(banner, new RegExp(`dig @127\\.0\\.0\\.1 -p ${port('dns')} api\\.geo\\.example A \\+subnet=`))
  assert.match(banner, new RegExp(`curl -i -H 'Host: api\\.example' .*:${port('redirect')}/`))
  const answer = await fetch(`http://127.0.0.1:${port('discovery')}/v1/services/api`, {
    headers: { 'x-forwarded-for': '81.2.69.142' },
  })
  const body = (await answer.json()) as { endpoint: string; decision: string }
  assert.equal(body.endpoint, 'frankfurt')
  assert.equal((await fetch(`http://127.0.0.1:${port('admin')}/readyz`)).status, 200)
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'exit'), [0, null])
})

test('nearcast serve: nobody is asked to forge a client that nobody would believe', async (t) => {
  const { child, banner } = await serve(t, await makeFolders(t, GOOD), '192.0.2.0/24')
  child.kill('SIGTERM')
  assert.match(banner, /\n {2}curl -i -H 'Host: api\.example' http:/)
  assert.match(banner, /\n {2}curl http:/)
  assert.doesNotMatch(banner, /X-Forwarded-For/)
})

test('nearcast explain opens the trace of a decision that was given', async (t) => {
  const folders = await makeFolders(t, GOOD)
  const { child, banner } = await serve(t, folders)
  const port = /discovery +http:\/\/127\.0\.0\.1:(\d+)/.exec(banner)?.[1]
  const answer = await fetch(`http://127.0.0.1:${port}/v1/services/api`, {
    headers: { 'x-forwarded-for': '81.2.69.142' },
  })
  const { decision } = (await answer.json()) as { decision: string }
  const { out, code } = await nearcast(['explain', decision], folders)
  child.kill('SIGTERM')
  assert.equal(code, 0)
  assert.match(out, /asked through discovery/)
  assert.match(out, /nearest\n.*frankfurt 65\d km, virginia/)
})
