import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRedirect } from '../../../src/http/redirect/redirect.ts'
import { ASHBURN, frontEndDeps } from './fixture.ts'

const bodies: readonly (readonly [name: string, host: string, accept: string, type: string, part: string])[] = [
  [
    'people get a link',
    'api.example',
    'text/html,*/*;q=0.8',
    'text/html; charset=utf-8',
    '<a href="https://us.api.example/?a=1&amp;b">',
  ],
  ['curl too', 'api.example', '*/*', 'text/html; charset=utf-8', '<a href='],
  [
    'programs get JSON',
    'api.example',
    'application/json',
    'application/json; charset=utf-8',
    `"location":"https://us.api.example/?a=1&b"`,
  ],
  [
    'problems for programs',
    'evil.example',
    '*/*',
    'application/problem+json; charset=utf-8',
    '"type":"urn:nearcast:problem:unknown-host"',
  ],
  [
    'problems for people',
    'evil.example',
    'text/html,*/*;q=0.8',
    'text/plain; charset=utf-8',
    '404 No service has this host',
  ],
  [
    'a failed decision is named',
    'closed.example',
    'application/json',
    'application/problem+json; charset=utf-8',
    '"instance":"urn:nearcast:decision:closed:',
  ],
]

for (const [name, host, accept, type, part] of bodies) {
  test(`redirect body: ${name}`, async (t) => {
    const app = createRedirect(frontEndDeps().deps)
    t.after(() => app.close())
    const response = await app.inject({ url: '/?a=1&b', headers: { host, accept, 'x-forwarded-for': ASHBURN } })
    assert.equal(response.headers['content-type'], type)
    assert.equal(response.headers.vary, 'accept')
    assert.ok(response.body.includes(part), response.body)
  })
}

test('markup of a request is in no body as markup', async (t) => {
  const app = createRedirect(frontEndDeps().deps)
  t.after(() => app.close())
  for (const host of ['api.example', 'evil.example', '<script>x</script>']) {
    const response = await app.inject({
      url: "/'%3Cscript%3E?<script>alert(1)</script>\"'",
      headers: { host, accept: 'text/html' },
    })
    assert.doesNotMatch(response.body, /<script|"'/)
  }
})

test('an error inside is a 500 that says nothing of it, and the next request is answered', async (t) => {
  const { deps } = frontEndDeps()
  let calls = 0
  const current = () => {
    if (calls++ === 0) throw new Error('secret')
    return deps.current()
  }
  const app = createRedirect({ ...deps, current })
  t.after(() => app.close())
  const failed = await app.inject({ url: '/', headers: { host: 'api.example' } })
  assert.equal(failed.statusCode, 500)
  assert.match(String(failed.headers['content-type']), /^application\/problem\+json/)
  assert.doesNotMatch(failed.body, /secret/)
  assert.equal((await app.inject({ url: '/', headers: { host: 'api.example' } })).statusCode, 302)
})
