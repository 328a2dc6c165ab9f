import fc from 'fast-check'
import { expect, test } from 'vitest'
import { closest, didYouMean } from '../../src/graph/did-you-mean.ts'

test.each([
  ['ordrs', 'orders'],
  ['orders2', 'orders'],
  ['Orders', 'orders'],
  ['roders', 'orders'],
  ['invoice', 'invoices'],
])('%s is taken for %s', (name, meant) => {
  expect(closest(name, ['payments', 'orders', 'invoices'])).toBe(meant)
})

test('the nearest of several is taken', () => {
  expect(closest('ordxrs', ['ordxyz', 'orders', 'order'])).toBe('orders')
})

test.each(['x', 'shipping', 'or', ''])('%j is near nothing', (name) => {
  expect(closest(name, ['payments', 'orders', 'invoices'])).toBeUndefined()
})

test('a name is not suggested for itself, and names too long to be mistyped are not compared', () => {
  expect(closest('orders', ['orders'])).toBeUndefined()
  expect(closest('a'.repeat(100_000), ['a'.repeat(99_999)])).toBeUndefined()
  expect(closest('a'.repeat(60), ['a'.repeat(100)])).toBeUndefined()
})

test('one letter removed, replaced or inserted in a name of three or more is found again', () => {
  fc.assert(
    fc.property(
      fc.string({ minLength: 3, maxLength: 20 }),
      fc.nat(),
      fc.constantFrom('', 'é', 'insert'),
      (word, at, change) => {
        const i = at % word.length
        const mistyped = word.slice(0, i) + (change === 'insert' ? `é${word[i]}` : change) + word.slice(i + 1)
        expect(closest(mistyped, [word])).toBe(word)
      },
    ),
  )
})

test('of thousands of candidates that are near, only so many are compared that it takes no time', () => {
  let read = 0
  function* candidates(): Iterable<string> {
    for (; read < 100_000; read++) yield `${'a'.repeat(55)}${String(read).padStart(5, '0')}`
  }
  expect(closest(`${'a'.repeat(55)}xxxxx`, candidates())).toContain('aaa')
  expect(read).toBeLessThan(400)
})

test('didYouMean is the beginning of a fix, or nothing', () => {
  expect(didYouMean('ordrs', ['orders'])).toBe('Did you mean "orders"? ')
  expect(didYouMean('ordrs', [])).toBe('')
})
