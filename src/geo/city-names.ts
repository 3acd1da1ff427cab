import { readFileSync } from 'node:fs'
import type { IpAddress } from '../domain/address.ts'
import { prefixCovers } from '../domain/address.ts'
import type { MmdbFile } from './mmdb-reader.ts'
import { openMmdb } from './mmdb-reader.ts'
import type { GeoOverride } from './overrides.ts'
import { readRecord } from './record.ts'

/**
 * Names the city of an address for people, from the overrides, then from the files themselves: compiled databases have
 * no names. A file is read when it is first asked, and let go when memory is wanted elsewhere.
 */
export function createCityNames(
  files: readonly string[],
  overrides: readonly GeoOverride[],
): (address: IpAddress) => string | null {
  const longestFirst = overrides
    .filter(({ location }) => location !== null)
    .sort((a, b) => b.prefix.length - a.prefix.length)
  const readers = files.filter((file) => /\.mmdb(\.gz)?$/.test(file)).map(createReader)
  return (address) => {
    const override = longestFirst.find(({ prefix }) => prefixCovers(prefix, address))
    if (override !== undefined) return override.city
    for (const reader of readers) {
      const city = cityIn(reader(), address)
      if (city !== null) return city
    }
    return null
  }
}

function createReader(path: string): () => MmdbFile | null {
  let kept: WeakRef<MmdbFile> | null = null
  return () => {
    const known = kept?.deref()
    if (known !== undefined) return known
    try {
      const file = openMmdb(path, readFileSync(path))
      kept = new WeakRef(file)
      return file
    } catch {
      // Replaced or removed since it was compiled: the place is known still, only its name is not.
      return null
    }
  }
}

function cityIn(file: MmdbFile | null, address: IpAddress): string | null {
  if (file === null || file.rootOf(address.family) === null) return null
  try {
    return readRecord(file.recordOf(address)).city
  } catch {
    return null
  }
}
