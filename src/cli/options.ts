import { CommandFailure, EXIT } from './io.ts'

/** An option that may be given several times takes one value each time, so that it never swallows an argument. */
export const collect = (text: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  text,
]

/** The same, with commas between several values. */
export const collectList = (text: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  ...text.split(',').map((item) => item.trim()),
]

/** `1 error`, `2 errors`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** Name and value around the first `=`, names in lower case. */
export function readPairs(flag: string, texts: readonly string[] = []): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text) => {
      const at = text.indexOf('=')
      if (at < 1) throw new CommandFailure(`${flag} ${text}: expected name=value`, EXIT.usage)
      return [text.slice(0, at).toLowerCase(), text.slice(at + 1)]
    }),
  )
}
