/** Columns padded to their widest cell; numbers are the caller's to format. `align`: one letter a column, `l` or `r`. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[], align: string): string {
  const widths = header.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column] ?? '')].map(visibleLength)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const pad = ' '.repeat((widths[column] ?? 0) - visibleLength(cell))
        return align[column] === 'r' ? pad + cell : cell + pad
      })
      .join('  ')
      .trimEnd()
  return [header, ...rows].map(line).join('\n')
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters.
const COLOURS = /\u001b\[[0-9;]*m/g

const visibleLength = (text: string): number => text.replace(COLOURS, '').length

export const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.001 ? 3 : 1)}%`
