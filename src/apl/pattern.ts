/** Patterns of `matches`: the regular expressions that can be tested in linear time, read into a tree. */
import { AplSyntax } from './apl-error.ts'

/** A pattern as a tree. */
export type Pattern =
  | { readonly kind: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'repeat'; readonly part: Pattern; readonly least: number; readonly most: number }
  | { readonly kind: 'characters'; readonly set: CharacterSet }
  | { readonly kind: 'position'; readonly at: Position }

/** A place between characters. */
export type Position = 'start' | 'end' | 'boundary' | 'inside'

/** Characters by ranges of code points, both ends included. */
export interface CharacterSet {
  readonly ranges: readonly Range[]
  readonly negated: boolean
}

type Range = readonly [from: number, to: number]

/** Characters of a pattern at most. */
const LONGEST_PATTERN = 1000
/** Groups inside groups at most. */
const DEEPEST = 32
/** A count in braces at most. */
const MOST_REPEATS = 1000

const DIGITS: readonly Range[] = [[0x30, 0x39]]
const WORD: readonly Range[] = [...DIGITS, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]]
const SPACE: readonly Range[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]
const LINE_ENDS: readonly Range[] = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
]
const CLASSES: ReadonlyMap<string, readonly Range[]> = new Map([
  ['d', DIGITS],
  ['w', WORD],
  ['s', SPACE],
])
const CONTROLS: ReadonlyMap<string, number> = new Map([
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
])
const HIGHEST = 0x10ffff

/** Whether a character may be part of a word. */
export const isWord = (code: number): boolean => WORD.some(([from, to]) => code >= from && code <= to)

/** Reads a pattern. Throws {@link AplSyntax}, with the offset in the pattern, for what is none or needs more than linear time. */
export function parsePattern(text: string): Pattern {
  if (text.length > LONGEST_PATTERN) {
    throw new AplSyntax(
      `A pattern has at most ${LONGEST_PATTERN} characters, but this one has ${text.length}.`,
      0,
      text.length,
    )
  }
  return new PatternParser(text).whole()
}

class PatternParser {
  private readonly text: string
  private at = 0
  private depth = 0

  constructor(text: string) {
    this.text = text
  }

  whole(): Pattern {
    const pattern = this.choice()
    if (this.at < this.text.length) throw this.wrong('The pattern has a ")" that closes no group.', 1, 'Write \\).')
    return pattern
  }

  private choice(): Pattern {
    const parts = [this.sequence()]
    while (this.take('|')) parts.push(this.sequence())
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts }
  }

  private sequence(): Pattern {
    const parts: Pattern[] = []
    while (this.at < this.text.length && !this.sees('|') && !this.sees(')')) parts.push(this.repeated())
    return { kind: 'sequence', parts }
  }

  private repeated(): Pattern {
    const start = this.at
    const part = this.single()
    const count = this.count()
    if (count === undefined) return part
    if (part.kind === 'position') {
      throw this.wrong('A position of the pattern is repeated.', this.at - start, undefined, start)
    }
    // Reluctant and greedy differ in what they take, not in whether they match.
    this.take('?')
    return { kind: 'repeat', part, ...count }
  }

  private count(): { readonly least: number; readonly most: number } | undefined {
    if (this.take('*')) return { least: 0, most: Infinity }
    if (this.take('+')) return { least: 1, most: Infinity }
    if (this.take('?')) return { least: 0, most: 1 }
    if (!this.sees('{')) return undefined
    const braces = /^\{(\d{1,9})(?:(,)(\d{0,9}))?\}/.exec(this.text.slice(this.at))
    if (braces === null)
      throw this.wrong('The pattern has a "{" without a count such as {2} or {2,5}.', 1, 'Write \\{.')
    const least = Number(braces[1])
    const most = braces[2] === undefined ? least : braces[3] === '' ? Infinity : Number(braces[3])
    if (least > most || least > MOST_REPEATS || (most > MOST_REPEATS && most !== Infinity)) {
      throw this.wrong(`The counts in ${braces[0]} must rise and be at most ${MOST_REPEATS}.`, braces[0].length)
    }
    this.at += braces[0].length
    return { least, most }
  }

  private single(): Pattern {
    if (this.sees('(')) return this.group()
    if (this.sees('[')) return this.bracket()
    if (this.sees('\\')) return this.escape()
    if (this.take('.')) return characters(LINE_ENDS, true)
    if (this.take('^')) return { kind: 'position', at: 'start' }
    if (this.take('$')) return { kind: 'position', at: 'end' }
    if (/[*+?{}\]]/.test(this.text[this.at]!)) {
      const sign = this.text[this.at]!
      throw this.wrong(`The pattern has a "${sign}" with nothing to repeat or close.`, 1, `Write \\${sign}.`)
    }
    const code = this.next()
    return characters([[code, code]])
  }

  private group(): Pattern {
    const start = this.at
    this.take('(')
    if (this.take('?') && !this.take(':')) {
      throw this.wrong(
        'Patterns have no look-around, named groups or flags: they are tested in linear time.',
        this.at - start + 1,
        'Use plain groups: (...) or (?:...).',
        start,
      )
    }
    if (++this.depth > DEEPEST) throw this.wrong(`Groups are nested at most ${DEEPEST} deep.`, 1, undefined, start)
    const inside = this.choice()
    this.depth--
    if (!this.take(')')) throw this.wrong('This group of the pattern is not closed.', 1, 'Add a ).', start)
    return inside
  }

  private escape(): Pattern {
    if (this.take('\\b')) return { kind: 'position', at: 'boundary' }
    if (this.take('\\B')) return { kind: 'position', at: 'inside' }
    const escaped = this.escaped()
    return typeof escaped === 'number' ? characters([[escaped, escaped]]) : { kind: 'characters', set: escaped }
  }

  /** A character, or the class of many, behind a backslash. */
  private escaped(): number | CharacterSet {
    const start = this.at
    this.take('\\')
    const sign = this.text[this.at]
    if (sign === undefined) throw this.wrong('The pattern ends with a backslash.', 1, 'Write \\\\.', start)
    const ranges = CLASSES.get(sign.toLowerCase())
    if (ranges !== undefined) {
      this.at++
      return { ranges, negated: sign !== sign.toLowerCase() }
    }
    const control = CONTROLS.get(sign)
    if (control === undefined && /[A-Za-z0-9]/.test(sign)) {
      throw this.wrong(
        `The pattern has \\${sign}, which is unknown here.`,
        2,
        'There are \\d \\w \\s \\b, their capitals, \\n \\r \\t, and a backslash before any sign.',
        start,
      )
    }
    const code = this.next()
    return control ?? code
  }

  private bracket(): Pattern {
    const start = this.at
    this.take('[')
    const negated = this.take('^')
    const ranges: Range[] = []
    while (!this.take(']')) {
      if (this.at >= this.text.length)
        throw this.wrong('This bracket of the pattern is not closed.', 1, 'Add a ].', start)
      ranges.push(...this.member())
    }
    return characters(ranges, negated)
  }

  private member(): readonly Range[] {
    const start = this.at
    const from = this.bound()
    if (typeof from !== 'number') return from.negated ? complement(from.ranges) : from.ranges
    if (!this.sees('-') || this.text[this.at + 1] === ']' || this.at + 1 >= this.text.length) return [[from, from]]
    this.take('-')
    const to = this.bound()
    if (typeof to !== 'number' || to < from) {
      throw this.wrong(
        'This range of the pattern does not rise.',
        this.at - start,
        'Write \\- for a minus sign.',
        start,
      )
    }
    return [[from, to]]
  }

  private bound(): number | CharacterSet {
    return this.sees('\\') ? this.escaped() : this.next()
  }

  /** By code points, as people count characters. */
  private next(): number {
    const code = this.text.codePointAt(this.at)!
    this.at += code > 0xffff ? 2 : 1
    return code
  }

  private sees(sign: string): boolean {
    return this.text.startsWith(sign, this.at)
  }

  private take(sign: string): boolean {
    if (!this.sees(sign)) return false
    this.at += sign.length
    return true
  }

  private wrong(message: string, length: number, fix?: string, offset: number = this.at): AplSyntax {
    return new AplSyntax(message, offset, length, fix)
  }
}

const characters = (ranges: readonly Range[], negated = false): Pattern => ({
  kind: 'characters',
  set: { ranges, negated },
})

function complement(ranges: readonly Range[]): readonly Range[] {
  let next = 0
  const gaps: Range[] = []
  for (const [from, to] of ranges) {
    if (from > next) gaps.push([next, from - 1])
    next = to + 1
  }
  return [...gaps, [next, HIGHEST]]
}
