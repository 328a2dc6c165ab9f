/** The grammar of the filter language, by recursive descent. `docs/apl.md` states it. */
import { didYouMean } from '../graph/did-you-mean.ts'
import { AplSyntax } from './apl-error.ts'
import { type Constant, type Expression, OPERATORS, type Subject, allOf, anyOf } from './expression.ts'
import { compilePattern } from './pattern-program.ts'
import { Scanner, type Token } from './scanner.ts'

/** Characters of an expression at most. */
const LONGEST_EXPRESSION = 10_000
/** Parentheses and negations inside each other at most. */
const DEEPEST_EXPRESSION = 64

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y
const WORD = /[A-Za-z_]\w*/y
/** `body` is a value only before an operator; elsewhere it may be the first word of a literal. */
const BODY_VALUE = /body(?=\s*(?:[=<>!]=|[<>]|in\s*\(|matches\s*["']))/y
const MEMBERS = ['contains', 'json']
const FUNCTIONS = 'There are header, property, exists, body.contains and body.json.'
const CALLS = ['header', 'property', 'exists', 'body']

/** Reads an expression. Throws {@link AplSyntax} at the first mistake. */
export function parseExpression(source: string): Expression {
  if (source.length > LONGEST_EXPRESSION) {
    throw new AplSyntax(
      `An expression has at most ${LONGEST_EXPRESSION} characters, but this one has ${source.length}.`,
      LONGEST_EXPRESSION,
      0,
      'Write a service for what is so complicated.',
    )
  }
  return new Parser(source).whole()
}

class Parser {
  private readonly scanner: Scanner
  private depth = 0

  constructor(source: string) {
    this.scanner = new Scanner(source)
  }

  whole(): Expression {
    if (this.scanner.isAtEnd()) {
      throw new AplSyntax('The expression is empty.', 0, 0, 'Write a condition, such as exists(header("name")).')
    }
    const expression = this.any()
    if (!this.scanner.isAtEnd()) throw this.afterCondition()
    return expression
  }

  private any(): Expression {
    const parts = [this.all()]
    while (this.scanner.take('||')) parts.push(this.all())
    return anyOf(parts)
  }

  private all(): Expression {
    const parts = [this.condition()]
    while (this.scanner.take('&&')) parts.push(this.condition())
    return allOf(parts)
  }

  private condition(): Expression {
    const { scanner } = this
    if (scanner.isAtEnd() || scanner.sees('&&') || scanner.sees('||') || scanner.sees(')')) {
      throw scanner.unexpected('a condition', 'A condition stands behind ! and on both sides of && and ||.')
    }
    if (scanner.sees('(')) return this.nested('(', () => this.group())
    if (scanner.sees('!') && !scanner.sees('!=')) {
      return this.nested('!', () => ({ kind: 'not', part: this.condition() }))
    }
    if (scanner.takeMatch(/exists(?=\s*\()/y) !== undefined) return this.exists()
    const method = scanner.peek(/body\s*\.\s*(\w*)/y)
    if (method?.[1] === 'contains') return this.contains(method[0])
    if (method !== null && method[1] !== 'json') throw this.unknownMember(method)
    const left = this.subject()
    return left === undefined ? this.literal() : this.comparison(left)
  }

  /** Counts the depth, so that no text can use up the stack. */
  private nested<A>(sign: string, inside: () => A): A {
    const offset = this.scanner.at
    if (++this.depth > DEEPEST_EXPRESSION) {
      throw new AplSyntax(`Conditions are nested at most ${DEEPEST_EXPRESSION} deep.`, offset, 1)
    }
    this.scanner.take(sign)
    const result = inside()
    this.depth--
    return result
  }

  private group(): Expression {
    const expression = this.any()
    if (!this.scanner.take(')')) throw this.afterCondition()
    return expression
  }

  private exists(): Expression {
    this.open('exists')
    const subject = this.subject() ?? (this.scanner.takeMatch(/body(?=\s*\))/y) && ({ kind: 'body' } as const))
    if (subject === undefined) {
      throw this.scanner.unexpected(
        'header("..."), property("...") or body.json("...")',
        'Write exists(header("name")).',
      )
    }
    this.close()
    return { kind: 'exists', subject }
  }

  private contains(method: string): Expression {
    this.scanner.take(method)
    return { kind: 'contains', text: this.argument('body.contains', 'a text to look for') }
  }

  /** A value of the message, if one comes next. */
  private subject(): Subject | undefined {
    const { scanner } = this
    const named = scanner.takeMatch(/(?:header|property)(?=\s*\()/y)
    if (named !== undefined) {
      const kind = named.text as 'header' | 'property'
      return { kind, name: this.argument(kind, 'a name') }
    }
    if (scanner.takeMatch(/body\s*\.\s*json(?=\s*\()/y) !== undefined) {
      return { kind: 'bodyJson', path: this.argument('body.json', 'a path such as $.order.id') }
    }
    return scanner.takeMatch(BODY_VALUE) === undefined ? undefined : { kind: 'body' }
  }

  private comparison(left: Subject): Expression {
    const { scanner } = this
    if (scanner.takeMatch(/in(?=\s*\()/y) !== undefined) return { kind: 'member', left, values: this.values() }
    if (scanner.takeMatch(/matches\b/y) !== undefined) return { kind: 'match', left, pattern: this.pattern() }
    const found = scanner.peek(/[=<>!]+/y)
    const operator = OPERATORS.find((candidate) => candidate === found?.[0])
    if (operator === undefined) {
      throw scanner.unexpected(
        '==, !=, <, <=, >, >=, in or matches',
        comparisonFix(found?.[0], scanner.peek(WORD)?.[0]),
      )
    }
    scanner.take(operator)
    scanner.skipSpace()
    const offset = scanner.at
    const right = this.value()
    if (right.kind === 'constant' && typeof right.value === 'boolean' && /[<>]/.test(operator)) {
      throw new AplSyntax(
        `${operator} compares numbers and texts, but found ${right.value}.`,
        offset,
        scanner.at - offset,
        'Use == or !=.',
      )
    }
    return { kind: 'comparison', left, operator, right }
  }

  private values(): readonly (Constant | Subject)[] {
    this.open('in')
    const values = [this.value()]
    while (this.scanner.take(',')) values.push(this.value())
    if (!this.scanner.take(')')) throw this.scanner.unexpected('"," or ")"', 'Write in ("a", "b").')
    return values
  }

  private value(): Constant | Subject {
    const { scanner } = this
    const text = scanner.takeQuoted()
    if (text !== undefined) return { kind: 'constant', value: text.text }
    const number = scanner.takeMatch(NUMBER)
    if (number !== undefined) return { kind: 'constant', value: finite(number) }
    const truth = scanner.takeMatch(/(?:true|false)(?!\w)/y)
    if (truth !== undefined) return { kind: 'constant', value: truth.text === 'true' }
    const subject = this.subject()
    if (subject !== undefined) return subject
    if (scanner.takeMatch(/body(?![\w.])/y) !== undefined) return { kind: 'body' }
    const word = scanner.peek(/[\p{L}\p{N}_][\p{L}\p{N}_.-]*/uy)?.[0]
    throw scanner.unexpected(
      'a text in quotes, a number, true or false',
      word === undefined ? undefined : `To compare with this text, write "${word}".`,
    )
  }

  private pattern(): string {
    const token = this.scanner.takeQuoted()
    if (token === undefined) throw this.scanner.unexpected('a pattern in quotes', 'Write matches "^A[0-9]+$".')
    try {
      compilePattern(token.text)
    } catch (error) {
      throw error instanceof AplSyntax ? moved(error, token) : error
    }
    return token.text
  }

  /** `("text")` behind a function's name. */
  private argument(name: string, what: string): string {
    this.open(name)
    const token = this.scanner.takeQuoted()
    if (token === undefined) throw this.scanner.unexpected(`${what} in quotes`, `Write ${name}("...").`)
    if (token.text === '') {
      throw new AplSyntax(`${name} needs ${what}, but this text is empty.`, token.offset, token.length)
    }
    this.close()
    return token.text
  }

  private open(name: string): void {
    if (!this.scanner.take('(')) throw this.scanner.unexpected(`"(" after ${name}`)
  }

  private close(): void {
    if (!this.scanner.take(')')) throw this.scanner.unexpected('")"', 'Close the parenthesis.')
  }

  /** Words without quotes are compared with the body, as in Allora, unless they look like something else that was mistyped. */
  private literal(): Expression {
    const { scanner } = this
    scanner.skipSpace()
    const start = scanner.at
    const text = scanner.takeMatch(/(?:(?!&&|\|\|)[^()"=<>])+/y)?.text ?? ''
    const stopped = scanner.source[scanner.at]
    const closes = stopped === ')' && this.depth > 0
    const lone = /\s[&|](?=\s|$)/.exec(text)
    if (lone !== null) throw lonely(lone, start)
    if (stopped === undefined || stopped === '&' || stopped === '|' || closes) {
      return { kind: 'literal', text: text.trimEnd() }
    }
    throw this.mistyped(start, text)
  }

  /** What was written instead of a condition: the rest of the sentence tells which one was meant. */
  private mistyped(start: number, text: string): AplSyntax {
    const { scanner } = this
    const stopped = scanner.source[scanner.at]!
    const words = text.trimEnd()
    const word = /^[A-Za-z_]\w*/.exec(words)?.[0] ?? ''
    const meant = didYouMean(word, CALLS)
    if (meant !== '') return new AplSyntax(`There is no ${JSON.stringify(word)}.`, start, word.length, meant.trimEnd())
    if (CALLS.includes(word)) {
      const example =
        word === 'exists' ? 'exists(header("name"))' : word === 'body' ? 'body == "text"' : `${word}("name")`
      return new AplSyntax(`${JSON.stringify(word)} is not used like this.`, start, word.length, `Write ${example}.`)
    }
    if (stopped === '(' && word === words && word !== '') {
      return new AplSyntax(`There is no function ${JSON.stringify(word)}.`, start, word.length, FUNCTIONS)
    }
    if (stopped === ')') return this.afterCondition()
    if (words === '') {
      const fix = 'Put header("..."), property("..."), body or body.json("...") first.'
      return scanner.unexpected('a condition', fix)
    }
    if (/[=<>]/.test(stopped)) {
      const name = JSON.stringify(words.replace(/\s*!$/, ''))
      const fix = `Write header(${name}), property(${name}) or body.json(${name}).`
      return new AplSyntax(`Only a value of the message is compared, but found ${name}.`, start, words.length, fix)
    }
    const what = `Text without quotes is compared with the whole body, but ${stopped} can only stand in quotes.`
    return new AplSyntax(what, scanner.at, 1, 'Write body == "...".')
  }

  private unknownMember(method: RegExpExecArray): AplSyntax {
    const [whole, name = ''] = method
    const meant = didYouMean(name, MEMBERS)
    return new AplSyntax(
      `body has no ${JSON.stringify(name)}.`,
      this.scanner.at + whole.length - name.length,
      name.length,
      `${meant}There are body.contains("text") and body.json("$.path").`,
    )
  }

  /** What comes where a condition has ended. */
  private afterCondition(): AplSyntax {
    const { scanner } = this
    if (scanner.sees(')')) return scanner.unexpected('&&, || or the end', 'Remove the ")", or open one before it.')
    if (this.depth > 0 && scanner.isAtEnd()) return scanner.unexpected('")"', 'Close the parenthesis.')
    const word = scanner.peek(/(?:and|or|&|\|)(?!\w)/iy)?.[0].toLowerCase()
    const meant = word === undefined ? undefined : word === 'and' || word === '&' ? '&&' : '||'
    return scanner.unexpected(
      this.depth > 0 ? '&&, || or ")"' : '&&, || or the end',
      meant === undefined ? 'Join conditions by && or ||.' : `Write ${meant}.`,
    )
  }
}

function finite({ text, offset, length }: Token): number {
  const number = Number(text)
  if (Number.isFinite(number)) return number
  throw new AplSyntax(`The number ${text} is too large.`, offset, length)
}

function comparisonFix(signs: string | undefined, word: string | undefined): string {
  if (signs !== undefined) return 'Two equal signs compare: ==.'
  return word === 'in' ? 'Write in ("a", "b").' : 'To ask whether it is there, write exists(...).'
}

function lonely({ 0: sign, index }: RegExpExecArray, start: number): AplSyntax {
  const one = sign.trim()
  return new AplSyntax(
    `Expected ${one}${one}, but found ${JSON.stringify(one)}.`,
    start + index + 1,
    1,
    `Write ${one}${one} to join conditions, or body == "..." to compare the body with a text that has a ${one}.`,
  )
}

/** An error of a pattern as an error of the expression. Single quotes may have escapes before it: there all of the pattern is meant. */
function moved({ problem }: AplSyntax, token: Token): AplSyntax {
  const { message, offset, length, fix } = problem
  const escaped = token.length !== token.text.length + 2
  return escaped
    ? new AplSyntax(message, token.offset, token.length, fix)
    : new AplSyntax(message, token.offset + 1 + offset, length, fix)
}
