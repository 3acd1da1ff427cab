import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_LOADS, type SettledLoads, settleLoads } from '../../../src/app/settled-loads.ts'
import { type MonitoredFacts, NO_FACTS } from '../../../src/domain/facts.ts'

const { override: _override, shedShare: _shedShare, headroom: _headroom, ...KNOWN } = NO_FACTS
const told = (facts: Partial<MonitoredFacts>) => new Map([['api', new Map([['one', { ...KNOWN, ...facts }]])]])
const inForce = ({ health }: SettledLoads) => health.get('api')?.get('one')

const steps: readonly (readonly [name: string, was: number, now: number, then: number])[] = [
  ['a first report is rounded to two digits', Number.NaN, 0.7349, 0.73],
  ['what trembles by less than a step stays', 0.73, 0.7391, 0.73],
  ['a whole step counts', 0.73, 0.7405, 0.74],
  ['downwards too', 0.73, 0.7195, 0.72],
  ['requests a second', 780, 784, 780],
  ['requests a second, more', 780, 795, 800],
  ['from nothing', 0, 0.004, 0.004],
  ['to nothing', 0.73, 0, 0],
  ['below nothing', -120, -135, -140],
]
for (const [name, was, now, then] of steps) {
  test(`loads: ${name}`, () => {
    const load: Readonly<Record<string, number>> = Number.isNaN(was) ? {} : { load: was }
    const before = settleLoads(told({ load }), NO_LOADS, 'takeOver')
    assert.deepEqual(inForce(settleLoads(told({ load: { load: now } }), before, 'takeOver'))?.load, { load: then })
  })
}

test('between two times loads stay as they were, and everything else counts at once', () => {
  const before = settleLoads(told({ health: 'up', load: { load: 0.5 } }), NO_LOADS, 'takeOver')
  const busier = settleLoads(told({ health: 'up', load: { load: 0.9 } }), before, 'keep')
  assert.equal(inForce(busier), inForce(before))
  assert.equal(busier.health.get('api'), before.health.get('api'))
  const down = settleLoads(told({ health: 'down', load: { load: 0.9 } }), busier, 'keep')
  assert.deepEqual([inForce(down)?.health, inForce(down)?.load], ['down', { load: 0.5 }])
  const later = settleLoads(down.told, down, 'takeOver')
  assert.deepEqual([inForce(later)?.health, inForce(later)?.load], ['down', { load: 0.9 }])
})

test('what says the same is the same object, though the monitor made a new one', () => {
  const before = settleLoads(told({ ipv4Down: [1], load: { load: 0.5 } }), NO_LOADS, 'takeOver')
  const after = settleLoads(told({ ipv4Down: [1], load: { load: 0.501 } }), before, 'takeOver')
  assert.equal(after.health.get('api'), before.health.get('api'))
})

test('services and endpoints come and go', () => {
  const before = settleLoads(told({}), NO_LOADS, 'takeOver')
  assert.deepEqual([...settleLoads(new Map(), before, 'keep').health], [])
  const two = new Map([['api', new Map([['two', { ...KNOWN, load: { load: 1.234 } }]])]])
  const after = settleLoads(two, before, 'keep').health.get('api')
  assert.deepEqual([...(after?.keys() ?? [])], ['two'])
})
