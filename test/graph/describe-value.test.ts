import { expect, test } from 'vitest'
import { describeValue, quote } from '../../src/errors/describe-value.ts'

test.each([
  [undefined, 'missing'],
  [null, 'null'],
  ['a"b', 'the string "a\\"b"'],
  [3, 'the number 3'],
  [NaN, 'the number NaN'],
  [true, 'the boolean true'],
  [3n, 'the bigint 3'],
  [Symbol('x'), 'the symbol Symbol(x)'],
  [[1], 'an array'],
  [new Map(), 'an object'],
  [() => 1, 'a function'],
])('%s is described as what it is', (value, words) => {
  expect(describeValue(value)).toBe(words)
})

test('long text is shortened, and always on one line', () => {
  expect(quote('x'.repeat(80))).toBe(`"${'x'.repeat(80)}"`)
  expect(quote('x'.repeat(81))).toBe(`"${'x'.repeat(80)}…"`)
  expect(quote('a\nb')).toBe('"a\\nb"')
  expect(quote('a\u2028b\u2029')).toBe(String.raw`"a\u2028b\u2029"`)
})
