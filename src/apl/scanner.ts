/** Reads an expression from left to right, token by token: which ones are possible depends on what came before. */
import { AplSyntax } from './apl-error.ts'

/** A text with its place. */
export interface Token {
  readonly text: string
  readonly offset: number
  /** Characters in the source, quotes included. */
  readonly length: number
}

/** What may follow a backslash in single quotes. */
const ESCAPABLE = `'\\`

/** A position in an expression. Between tokens there may be any white space. */
export class Scanner {
  readonly source: string
  at = 0

  constructor(source: string) {
    this.source = source
  }

  /** Whether nothing but white space is left. */
  isAtEnd(): boolean {
    this.skipSpace()
    return this.at >= this.source.length
  }

  skipSpace(): void {
    this.match(/\s*/y)
  }

  /** Whether this sign comes next. */
  sees(sign: string): boolean {
    this.skipSpace()
    return this.source.startsWith(sign, this.at)
  }

  /** Goes on behind the sign if it comes next. */
  take(sign: string): boolean {
    if (!this.sees(sign)) return false
    this.at += sign.length
    return true
  }

  /** What a sticky pattern finds here, without going on. */
  peek(pattern: RegExp): RegExpExecArray | null {
    this.skipSpace()
    pattern.lastIndex = this.at
    return pattern.exec(this.source)
  }

  /** Goes on behind what a sticky pattern finds here. */
  takeMatch(pattern: RegExp): Token | undefined {
    this.skipSpace()
    return this.match(pattern)
  }

  /** A text in quotes, if one comes next. */
  takeQuoted(): Token | undefined {
    if (this.sees('"')) return this.doubleQuoted()
    return this.sees("'") ? this.singleQuoted() : undefined
  }

  /** The error of the token that comes next, or of the end. */
  unexpected(expected: string, fix?: string): AplSyntax {
    const next = this.peek(/[\p{L}\p{N}_][\p{L}\p{N}_.]*|&&?|\|\|?|[=<>!]=*|\S/uy)
    if (next === null) {
      return new AplSyntax(`Expected ${expected}, but the expression ends here.`, this.source.length, 0, fix)
    }
    return new AplSyntax(
      `Expected ${expected}, but found ${next[0] === '"' ? `'"'` : JSON.stringify(next[0])}.`,
      this.at,
      next[0].length,
      fix,
    )
  }

  private match(pattern: RegExp): Token | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.source)
    if (found === null) return undefined
    const token = { text: found[0], offset: this.at, length: found[0].length }
    this.at += token.length
    return token
  }

  /** Everything up to the next double quote is text, backslashes too: so it is in Allora. */
  private doubleQuoted(): Token {
    const offset = this.at
    const end = this.source.indexOf('"', offset + 1)
    if (end < 0) throw this.unclosed(offset, '"')
    this.at = end + 1
    return { text: this.source.slice(offset + 1, end), offset, length: this.at - offset }
  }

  private singleQuoted(): Token {
    const offset = this.at
    let text = ''
    for (let i = offset + 1; i < this.source.length; i++) {
      const sign = this.source[i]!
      if (sign === "'") {
        this.at = i + 1
        return { text, offset, length: this.at - offset }
      }
      if (sign === '\\' && !ESCAPABLE.includes(this.source[++i] ?? ' ')) {
        throw new AplSyntax(
          `In single quotes a backslash stands before ' or another backslash only.`,
          i - 1,
          Math.min(2, this.source.length - i + 1),
          'Use double quotes: in them a backslash is a backslash.',
        )
      }
      text += this.source[i]!
    }
    throw this.unclosed(offset, "'")
  }

  private unclosed(offset: number, sign: string): AplSyntax {
    return new AplSyntax(
      'This text has no closing quote.',
      offset,
      this.source.length - offset,
      `Add ${sign} at its end.`,
    )
  }
}
