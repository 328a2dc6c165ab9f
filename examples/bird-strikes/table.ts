/** Text in columns: numbers to the right, everything else to the left. */
type Cell = string | number

export function table(rows: readonly (readonly Cell[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => text(row[column]).length)))
  const isNumber = (column: number): boolean => typeof rows.at(-1)![column] === 'number'
  const pad = (cell: Cell, column: number): string =>
    isNumber(column) ? text(cell).padStart(widths[column]!) : text(cell).padEnd(widths[column]!)
  return rows.map((row) => row.map(pad).join('  ').trimEnd()).join('\n')
}

export function thousands(count: number): string {
  return count.toLocaleString('en-US')
}

function text(cell: Cell | undefined = ''): string {
  return typeof cell === 'number' ? thousands(cell) : cell
}
