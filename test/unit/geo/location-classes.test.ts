import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NOWHERE } from '../../../src/domain/place.ts'
import {
  cellCentre,
  createLocationClasses,
  locationOf,
  overrideLocationOf,
  type RecordedPlace,
} from '../../../src/geo/location-classes.ts'

describe('half-degree cells', () => {
  const rows: readonly (readonly [lat: number, lon: number, cellLat: number, cellLon: number])[] = [
    [0, 0, 0.25, 0.25],
    [-0.01, -0.01, -0.25, -0.25],
    [39.04, -77.49, 39.25, -77.25],
    [39.49, -77.01, 39.25, -77.25],
    [39.5, -77.5, 39.75, -77.25],
    [-33.87, 151.21, -33.75, 151.25],
    [90, 180, 89.75, 179.75],
    [-90, -180, -89.75, -179.75],
    [89.99, 179.99, 89.75, 179.75],
  ]
  for (const [lat, lon, cellLat, cellLon] of rows) {
    test(`${lat}, ${lon}`, () => assert.deepEqual(cellCentre({ lat, lon }), { lat: cellLat, lon: cellLon }))
  }
})

test('what one class is', () => {
  const us: RecordedPlace = { country: 'US', subdivision: 'VA', point: { lat: 39.04, lon: -77.49 } }
  const rows: readonly (readonly [name: string, place: RecordedPlace, id: number])[] = [
    ['the first', us, 1],
    ['the same', { ...us }, 1],
    ['another point of the cell', { ...us, point: { lat: 39.4, lon: -77.1 } }, 1],
    ['another cell', { ...us, point: { lat: 39.6, lon: -77.1 } }, 2],
    ['another subdivision', { ...us, subdivision: 'MD' }, 3],
    ['no point', { ...us, point: null }, 4],
    ['another country', { ...us, country: 'CA' }, 5],
    ['no country', { ...us, country: null }, 6],
    ['nothing', { country: null, subdivision: null, point: null }, 0],
    ['a country that is none, no point', { country: 'ZZ', subdivision: 'VA', point: null }, 0],
  ]
  const classes = createLocationClasses()
  for (const [name, place, id] of rows) assert.equal(classes.idOf(locationOf(place)), id, name)
  assert.equal(classes.idOf(overrideLocationOf({ ...us, point: null })), 7)
  assert.equal(classes.locations.length, 8)
  assert.equal(classes.locations[0], NOWHERE)
  assert.equal(classes.locations[6]?.subdivision, null)
})
