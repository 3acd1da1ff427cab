import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type IpPrefix, parseAddress, parsePrefix } from '../../../src/domain/address.ts'
import { createTargetGuard } from '../../../src/monitor/target-guard.ts'

const prefixes = (text: string): readonly IpPrefix[] =>
  text
    .split(' ')
    .filter((part) => part !== '')
    .map((part) => {
      const parsed = parsePrefix(part)
      assert.ok(parsed.ok, part)
      return parsed.prefix
    })

const guarded = (address: string, lists: { allow?: string; deny?: string } = {}): string | null => {
  const parsed = parseAddress(address)
  assert.ok(parsed, address)
  return createTargetGuard({ allow: prefixes(lists.allow ?? ''), deny: prefixes(lists.deny ?? '') })(parsed)
}

const byDefault: readonly (readonly [address: string, reason: RegExp | null])[] = [
  ['1.1.1.1', null],
  ['2606:4700::1111', null],
  ['10.0.0.1', null],
  ['172.31.255.255', null],
  ['192.168.1.1', null],
  ['127.0.0.1', null],
  ['::1', null],
  ['100.64.0.1', null],
  ['fd12::1', null],
  ['0.0.0.0', /this network/],
  ['::', /unspecified/],
  ['169.254.169.254', /link local/],
  ['fe80::1', /link local/],
  ['100.100.100.200', /metadata service of Alibaba/],
  ['168.63.129.16', /metadata service of Azure/],
  ['192.0.0.192', /metadata service of Oracle/],
  ['fd00:ec2::254', /metadata service of AWS/],
  ['fd20:ce::254', /metadata service of Google/],
  ['224.0.0.1', /multicast/],
  ['ff02::1', /multicast/],
  ['255.255.255.255', /reserved/],
  ['192.0.2.1', /documentation/],
  ['198.51.100.1', /documentation/],
  ['203.0.113.1', /documentation/],
  ['2001:db8::1', /documentation/],
  ['3fff::1', /documentation/],
  ['198.18.0.1', /benchmarking/],
  // The same address in other clothes.
  ['::ffff:169.254.169.254', /link local/],
  ['64:ff9b::a9fe:a9fe', /link local/],
  ['2002:a9fe:a9fe::1', /link local/],
  ['64:ff9b:1::a9fe:a9fe', /local-use translation/],
]
for (const [address, reason] of byDefault) {
  test(`guarded by default: ${address}`, () => {
    if (reason === null) assert.equal(guarded(address), null)
    else assert.match(guarded(address) ?? 'not guarded', reason)
  })
}

const byLists: readonly (readonly [
  name: string,
  address: string,
  lists: { allow?: string; deny?: string },
  reason: RegExp | null,
])[] = [
  ['denied', '10.0.0.1', { deny: '10.0.0.0/8' }, /^checks\.deny holds 10\.0\.0\.0\/8$/],
  ['denied, another one', '11.0.0.1', { deny: '10.0.0.0/8' }, null],
  ['allowed', '192.0.2.1', { allow: '192.0.2.0/24' }, null],
  ['allowed, the metadata service too', '169.254.169.254', { allow: '169.254.169.254/32' }, null],
  ['a hole in what is denied', '10.1.2.3', { deny: '0.0.0.0/0 10.0.0.0/8', allow: '10.1.0.0/16' }, null],
  ['a hole in what is allowed', '10.1.2.3', { allow: '10.0.0.0/8', deny: '10.1.0.0/16' }, /10\.1\.0\.0\/16/],
  ['both: deny wins', '10.1.2.3', { allow: '10.0.0.0/8', deny: '10.0.0.0/8' }, /10\.0\.0\.0\/8/],
  ['the other family', '2001:4860::1', { deny: '0.0.0.0/0' }, null],
  ['embedded in the other family', '::ffff:10.1.2.3', { deny: '10.0.0.0/8' }, /10\.0\.0\.0\/8/],
]
for (const [name, address, lists, reason] of byLists) {
  test(`lists: ${name}`, () => {
    if (reason === null) assert.equal(guarded(address, lists), null)
    else assert.match(guarded(address, lists) ?? 'not guarded', reason)
  })
}
