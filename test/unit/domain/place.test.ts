import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COUNTRIES } from '../../../src/domain/countries.ts'
import { arcKm, CONTINENTS, distanceKm, EARTH_RADIUS_KM, unitVector } from '../../../src/domain/place.ts'

const HALF_ROUND = Math.PI * EARTH_RADIUS_KM

const DISTANCES = [
  ['the same point', [50, 8], [50, 8], 0],
  ['a degree of latitude', [0, 0], [1, 0], HALF_ROUND / 180],
  ['over the antimeridian', [0, 179.5], [0, -179.5], HALF_ROUND / 180],
  ['pole to pole', [90, 0], [-90, 0], HALF_ROUND],
  ['at the pole every longitude is one place', [90, 0], [90, 137], 0],
  ['antipodes', [12, 34], [-12, -146], HALF_ROUND],
  ['Frankfurt to Tokyo', [50.11, 8.68], [35.68, 139.69], 9_333],
  ['Johannesburg to São Paulo', [-26.2, 28.05], [-23.55, -46.63], 7_430],
] as const

for (const [name, [latA, lonA], [latB, lonB], expectedKm] of DISTANCES) {
  test(`distance: ${name}`, () => {
    const a = { lat: latA, lon: lonA }
    const b = { lat: latB, lon: lonB }
    assert.ok(Math.abs(distanceKm(a, b) - expectedKm) <= Math.max(1e-6, expectedKm * 0.002), `${distanceKm(a, b)} km`)
    assert.equal(distanceKm(a, b), distanceKm(b, a))
    const arc = arcKm(unitVector(a), unitVector(b))
    assert.ok(Math.abs(arc - distanceKm(a, b)) <= 0.002, `${arc} km by the chord`)
  })
}

test('every country has a continent and, where people have addresses, a centroid', () => {
  assert.ok(COUNTRIES.size >= 249)
  for (const [code, country] of COUNTRIES) {
    assert.match(code, /^[A-Z]{2}$/)
    assert.ok(CONTINENTS.includes(country.continent), code)
  }
  const without = [...COUNTRIES.values()].filter(({ centroid }) => centroid === null).map(({ code }) => code)
  assert.ok(without.length < 20, without.join(' '))
  assert.deepEqual(
    ['DE', 'US', 'BR', 'TW', 'XK', 'KE'].map((code) => [
      COUNTRIES.get(code)?.continent,
      COUNTRIES.get(code)?.subregion,
    ]),
    [
      ['EU', 155],
      ['NA', 21],
      ['SA', 5],
      ['AS', 30],
      ['EU', 39],
      ['AF', 14],
    ],
  )
})
