/** Patterns of `matches`: as JavaScript's own where both know them, in linear time, and nothing that would not be. */
import fc, { type Arbitrary } from 'fast-check'
import { expect, test } from 'vitest'
import { AplSyntax } from '../../src/apl/apl-error.ts'
import { compilePattern } from '../../src/apl/pattern-program.ts'

const numRuns = process.env['CI'] === undefined ? 500 : 3000

const piece = fc.constantFrom(
  ...'a b c . \\d \\D \\w \\W \\s \\S \\. \\n [ab] [^ab] [a-c] [\\d_] [^\\W] [\\D\\d] [a\\-] [-a] [] [^] é 😀 ^ $ \\b \\B'.split(
    ' ',
  ),
)
const count = fc.constantFrom('*', '+', '?', '{2}', '{1,}', '{0,2}', '{0}', '*?', '+?')

const pattern: Arbitrary<string> = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { depthSize: 'small' },
    piece,
    fc.array(tie('pattern'), { maxLength: 4 }).map((parts) => parts.join('')),
    fc.array(tie('pattern'), { minLength: 1, maxLength: 3 }).map((parts) => `(${parts.join('|')})`),
    fc.tuple(tie('pattern'), count).map(([part, times]) => `(?:${part})${times}`),
  ),
})).pattern

test('a pattern matches what it matches in JavaScript', () => {
  fc.assert(
    fc.property(
      pattern,
      fc.string({ maxLength: 8, unit: fc.constantFrom(...Array.from('abc1_ \n.-é😀')) }),
      (source, text) => {
        // V8 finds a \B in the middle of a character beyond 16 bits, where the specification has no position.
        fc.pre(!(source.includes('\\B') && text.includes('😀')))
        expect(compilePattern(source).test(text)).toBe(new RegExp(source, 'u').test(text))
      },
    ),
    { numRuns },
  )
})

test.each(['(a+)+$', '(a|a)*b', '(.*)*x', 'a*a*a*a*a*a*a*a*b', '(a?){30}a{30}b', '^(([a-z])+.)+[A-Z]([a-z])+$'])(
  '%s is done with long texts that keep a backtracking engine busy for ever',
  (source) => {
    expect(compilePattern(source).test(`${'a'.repeat(5_000)}!`)).toBe(false)
  },
)

test.each([
  ['(?=a)', 'look-around'],
  ['(?<name>a)', 'named groups'],
  ['\\1', '\\1'],
  ['(', 'not closed'],
  [')', 'closes no group'],
  ['[a', 'not closed'],
  ['[z-a]', 'does not rise'],
  ['[\\d-z]', undefined],
  ['a{2,1}', 'must rise'],
  ['a{', 'without a count'],
  ['*a', 'nothing to repeat'],
  ['\\', 'ends with a backslash'],
  ['^*', 'position'],
  ['((((a{99}){99}){99}){99})', 'too large'],
  ['('.repeat(99), 'nested'],
  ['a'.repeat(1001), 'at most 1000 characters'],
])('the pattern %s is refused', (source, words) => {
  if (words === undefined) return void compilePattern(source)
  expect(() => compilePattern(source)).toThrow(AplSyntax)
  expect(() => compilePattern(source)).toThrow(words)
})
