/** The text of a file, and where in it an offset is: line, column, and the lines around it. */
import type { SourcePosition } from '../graph/diagnostic.ts'

/** Columns of a line that a frame shows. */
const WIDTH = 100

/** A text that positions can be told of. */
export class SourceText {
  /** The name it is known by; absent for a text that came from no file. */
  readonly file: string | undefined
  readonly text: string
  private readonly starts: readonly number[]

  constructor(text: string, file?: string) {
    this.text = text
    this.file = file
    this.starts = lineStarts(text)
  }

  /** A range of offsets as lines and columns. */
  position(start: number, end: number): SourcePosition {
    const from = this.point(start)
    return {
      ...(this.file !== undefined && { file: this.file }),
      ...from,
      ...(end > start && { end: this.point(end) }),
    }
  }

  /** The line of a range and the one before it, numbered, with a mark below. Long lines are cut. */
  frame(start: number, end: number): string {
    const { line, column } = this.point(start)
    const numbers = line > 1 ? [line - 1, line] : [line]
    const wide = String(line).length
    const cut = this.line(line).length <= WIDTH ? 0 : Math.max(0, column - WIDTH / 2)
    const shown = numbers.map((n) => `${String(n).padStart(wide)} | ${clean(this.line(n).slice(cut, cut + WIDTH))}`)
    const length = Math.min(Math.max(1, end - start), this.line(line).length - column + 1, WIDTH - (column - 1 - cut))
    const mark = `${' '.repeat(wide)} | ${' '.repeat(column - 1 - cut)}${'^'.repeat(Math.max(1, length))}`
    return [...shown, mark].map((each) => each.trimEnd()).join('\n')
  }

  private point(offset: number): { readonly line: number; readonly column: number } {
    const line = this.lineAt(Math.min(offset, this.text.length))
    return { line, column: Math.min(offset, this.text.length) - this.starts[line - 1]! + 1 }
  }

  private line(line: number): string {
    const start = this.starts[line - 1]!
    let end = this.starts[line] ?? this.text.length
    while (end > start && /[\r\n]/.test(this.text.charAt(end - 1))) end--
    return this.text.slice(start, end)
  }

  /** By halving: the last line that starts at the offset or before it. */
  private lineAt(offset: number): number {
    let low = 0
    let high = this.starts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (this.starts[middle]! <= offset) low = middle
      else high = middle
    }
    return low + 1
  }
}

/** The offsets that lines begin at. A million lines are no reason to make a million matches. */
function lineStarts(text: string): readonly number[] {
  const starts = [0]
  const end = /\r\n?|\n/g
  while (end.test(text)) starts.push(end.lastIndex)
  return starts
}

/** One column for each character, so that the mark stands below what it means: no tabs, nothing a terminal obeys. */
const clean = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
