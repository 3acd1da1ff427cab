/** Numbers of the DNS for tests, beside those of src/dns. */

export const TYPES: Readonly<Record<string, number>> = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  DS: 43,
  SVCB: 64,
  HTTPS: 65,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  CAA: 257,
  TSIG: 250,
}
export const CLASSES: Readonly<Record<string, number>> = { IN: 1, CH: 3, HS: 4, NONE: 254, ANY: 255 }

export const nameOf = (table: Readonly<Record<string, number>>, value: number, prefix: string): string =>
  Object.keys(table).find((key) => table[key] === value) ?? `${prefix}${value}`
export const numberOf = (table: Readonly<Record<string, number>>, text: string): number => {
  const value = table[text] ?? Number(/\d+$/.exec(text)?.[0])
  if (Number.isNaN(value)) throw new Error(`not known: ${text}`)
  return value
}
