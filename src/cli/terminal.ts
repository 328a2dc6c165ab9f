/** Where the command line writes: results to the standard output, everything else to the standard error. */
import { styleText } from 'node:util'
import { toLine } from '../control/protocol.ts'

/** How words look: only on a terminal, and not where NO_COLOR is set. */
export type Look = Parameters<typeof styleText>[0]

/** The two outputs of the process. */
export class Terminal {
  /** Whether results are JSON, one value a line. */
  readonly json: boolean
  private progressing = false

  constructor(json: boolean) {
    this.json = json
  }

  get isInteractive(): boolean {
    return process.stdout.isTTY
  }

  get rows(): number {
    return process.stdout.isTTY ? process.stdout.rows : Infinity
  }

  /** A result as text, for people; nothing with `--json`. */
  say(text: string): void {
    if (this.json) return
    this.endProgress()
    process.stdout.write(`${text}\n`)
  }

  /** A result as JSON, for programs; nothing without `--json`. */
  tell(value: unknown): void {
    if (this.json) process.stdout.write(toLine(value))
  }

  /** Text as it is, with and without `--json`. */
  raw(text: string): void {
    process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
  }

  /** What is no result. */
  note(text: string): void {
    this.endProgress()
    process.stderr.write(`${text}\n`)
  }

  /** How far long work is: one line that changes, on a terminal only. */
  progress(text: string): void {
    if (!process.stderr.isTTY || this.json) return
    this.progressing = true
    process.stderr.write(`\r\u001B[K${text}`)
  }

  /** Clears the screen, for a picture that changes. */
  clear(): void {
    if (process.stdout.isTTY) process.stdout.write('\u001B[H\u001B[J')
  }

  paint(look: Look, text: string): string {
    return styleText(look, text, { stream: process.stdout })
  }

  paintNote(look: Look, text: string): string {
    return styleText(look, text, { stream: process.stderr })
  }

  private endProgress(): void {
    if (this.progressing) process.stderr.write('\r\u001B[K')
    this.progressing = false
  }
}

/** Columns of text, as wide as they need to be. Numbers stand to the right. */
export function table(rows: readonly (readonly (string | number)[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => String(row[i] ?? '').length)))
  return rows.map((row) =>
    row
      .map((cell, i) => (typeof cell === 'number' ? String(cell).padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd(),
  )
}
