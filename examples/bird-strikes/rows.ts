/** Reads the file of reports lazily: no line is read before the one ahead of it has been taken. */
import { open } from 'node:fs/promises'
import type { Row } from './report.ts'

/** The rows of a file of comma-separated values, of which none is quoted. */
export async function* rowsOf(path: string): AsyncGenerator<Row> {
  await using file = await open(path)
  let columns: readonly string[] | undefined
  for await (const line of file.readLines()) {
    const cells = line.split(',')
    if (columns === undefined) columns = cells
    else yield Object.fromEntries(columns.map((column, i) => [column, cells[i]])) as unknown as Row
  }
}
