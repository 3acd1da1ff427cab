import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeFolders, startTestNode } from '../helpers/node.ts'

/** Networks that the city database places in these cities, and the nearest of the sample's six sites. */
const CITIES = [
  ['Ashburn', '2.56.32.0/22', '2001:401::/32', 'virginia', 'us-east', '192.0.2.10', '2001:db8:10::10'],
  ['San Jose', '2.16.176.0/22', '2001:400:b14::/48', 'california', 'us-west', '192.0.2.20', '2001:db8:20::10'],
  ['Frankfurt', '2.16.30.0/23', '2001:418:144d::/48', 'frankfurt', 'eu-central', '198.51.100.10', '2001:db8:40::10'],
  ['Tokyo', '36.52.176.0/20', '2001:200:102::/47', 'tokyo', 'ap-northeast', '203.0.113.10', '2001:db8:50::10'],
  ['São Paulo', '200.144.0.0/24', '2001:470:37d::/48', 'saopaulo', 'sa-east', '192.0.2.30', '2001:db8:30::10'],
  ['Sydney', '1.120.64.0/19', '2001:202::/31', 'sydney', 'ap-southeast', '203.0.113.20', '2001:db8:60::10'],
  ['Johannesburg', '4.167.0.0/16', '2001:470:274::/48', 'saopaulo', 'sa-east', '192.0.2.30', '2001:db8:30::10'],
] as const

test('clients in seven cities get the nearest site, by DNS, by redirect and by discovery alike', async (t) => {
  const node = await startTestNode(t, await makeFolders(t))
  assert.equal(node.snapshot().geo.info.precision, 'city', 'this test needs the optional city database')
  for (const [city, subnet4, subnet6, endpoint, region, a, aaaa] of CITIES) {
    for (const subnet of [subnet4, subnet6]) {
      const client = subnet.replace(/\/\d+$/, '').replace(/::$/, '::1')
      const overA = await node.dig(`api.geo.example A +subnet=${subnet}`)
      assert.deepEqual(
        overA.answer.map((line) => line.split(' ').at(-1)),
        [a],
        `${city} ${subnet} A`,
      )
      const overAaaa = await node.dig(`api.geo.example AAAA +subnet=${subnet}`)
      assert.deepEqual(
        overAaaa.answer.map((line) => line.split(' ').at(-1)),
        [aaaa],
        `${city} ${subnet} AAAA`,
      )
      const redirected = await node.get('api.example', '/v1/users?limit=10', client)
      assert.equal(redirected.status, 302)
      assert.equal(redirected.headers.location, `https://${region}.api.example/v1/users?limit=10`, `${city} ${client}`)
      const { body } = await node.discover('/v1/services/api', client)
      assert.deepEqual(
        { service: body.service, endpoint: body.endpoint, region: body.region, ttl: body.ttl },
        { service: 'api', endpoint, region, ttl: 30 },
        `${city} ${client}`,
      )
      assert.equal(body.url, `https://${region}.api.example`)
    }
  }
})
