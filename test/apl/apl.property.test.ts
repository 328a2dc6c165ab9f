/** Rules of the filter language, for expressions and messages that nobody thought of. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compileExpression, MessageFacts } from '../../src/apl/compile.ts'
import { parseApl } from '../../src/apl/apl.ts'
import { formatAplError } from '../../src/apl/apl-error.ts'
import { parseExpression } from '../../src/apl/parse.ts'
import { printExpression } from '../../src/apl/print.ts'
import { type Asked, arbitraryAsked, arbitraryExpression } from '../arbitraries/apl.ts'
import { naive } from './naive.ts'

const numRuns = process.env['CI'] === undefined ? 200 : 1000

test('an expression that is printed and parsed is the same expression', () => {
  fc.assert(
    fc.property(arbitraryExpression, (expression) => {
      expect(parseExpression(printExpression(expression))).toEqual(expression)
    }),
    { numRuns },
  )
})

test('an expression is true of a message exactly when a naive evaluator says so', () => {
  fc.assert(
    fc.property(arbitraryExpression, arbitraryAsked, (expression, asked) => {
      const facts = new MessageFacts(asked.payload, asked.headers, asked.properties)
      expect(compileExpression(expression)(facts)).toBe(naive(expression, asked))
    }),
    { numRuns: numRuns * 5 },
  )
})

/** Pieces of the language: what is put together from them comes further into the parser than letters do. */
const PIECES = [
  'header("a")', 'property(', 'body', 'body.json("$.a")', 'body.contains("x")', 'exists(', '"', "'", '"text"', '(', ')', '!', '==',
  '!=', '<', '>=', '&&', '||', 'in', 'matches', '"(a+)+$"', '1', '-1.5e3', 'true', ',', ' ', '\n', 'KEEP', '\\', '__proto__', '&', '=',
] // prettier-ignore

const fuzz = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join(' ')),
  fc.string({ maxLength: 40, unit: 'binary' }),
)

/** Empty when all is well. */
function objection(text: string, { payload, headers, properties }: Asked): string {
  const parsed = parseApl(text)
  if (parsed._tag === 'Left') {
    const { message, offset, length } = parsed.left
    if (offset < 0 || offset + length > text.length) return `the place ${offset}+${length} is outside`
    return /^ +\^+$/m.test(formatAplError(text, parsed.left)) && message.endsWith('.') ? '' : 'the error is not shown'
  }
  const again = parseApl(parsed.right.print())
  if (again._tag === 'Left') return `${parsed.right.print()} is not understood`
  const answer = parsed.right.test({ payload, headers }, properties)
  return answer === again.right.test({ payload, headers }, properties) ? '' : 'printed, it means something else'
}

test('any text is an expression or has an error with a place in the text, and no message makes a test throw', () => {
  fc.assert(
    fc.property(fuzz, arbitraryAsked, (text, asked) => {
      expect(objection(text, asked)).toBe('')
    }),
    { numRuns: numRuns * 10 },
  )
})

test('no text is evaluated: the sources of the language have neither eval nor new Function', () => {
  for (const file of ['apl', 'compile', 'parse', 'pattern', 'pattern-program', 'values']) {
    const source = readFileSync(new URL(`../../src/apl/${file}.ts`, import.meta.url), 'utf8')
    expect(source).not.toMatch(/\beval\b|\bFunction\b|RegExp\(/)
  }
})
