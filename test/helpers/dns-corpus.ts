import { readdirSync, readFileSync } from 'node:fs'

const FOLDER = new URL('../vectors/dns/corpus/', import.meta.url)

export interface CorpusPacket {
  /** `options.hex: ECS twice`. */
  readonly title: string
  readonly octets: Buffer
}

/** Packets that are kept because something about them was once, or might be, wrong: one a line in hexadecimal, and why. */
export const corpus: readonly CorpusPacket[] = readdirSync(FOLDER).flatMap((file) =>
  readFileSync(new URL(file, FOLDER), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [hex = '', why = ''] = line.split('  # ')
      if (!/^(?:[0-9a-f]{2})+$/.test(hex) || why === '') throw new Error(`${file}: not "hex  # why": ${line}`)
      return { title: `${file}: ${why}`, octets: Buffer.from(hex, 'hex') }
    }),
)
