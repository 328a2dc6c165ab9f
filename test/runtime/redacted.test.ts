/** Redaction: no secret gets into a log, whatever holds it, and no value breaks it. */
import { redacted } from 'allora'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const numRuns = process.env['CI'] ? 1000 : 200

test.each([
  'password',
  'Password',
  'userPassword',
  'access_token',
  'X-API-Key',
  'Authorization',
  'set-cookie',
  'card number',
])('the value of %j is not shown', (name) => {
  expect(redacted({ [name]: 'x', list: [new Map([[name, { deep: 'x' }]])] })).toEqual({
    [name]: '[redacted]',
    list: [{ [name]: '[redacted]' }],
  })
})

test('other values are shown, plain enough for JSON', () => {
  const round: { self?: unknown } = {}
  round.self = round
  expect(
    redacted({
      date: new Date(0),
      error: new TypeError('no'),
      bytes: new Uint8Array(3),
      set: new Set([1]),
      big: 1n,
      fn: () => 1,
      tokens: 3,
      long: 'x'.repeat(2_000),
      list: Array.from({ length: 60 }, (_, i) => i),
      nothing: null,
      get broken() {
        throw new Error('no')
      },
    }),
  ).toBe('[unreadable]')
  expect(
    redacted({ date: new Date(0), error: new TypeError('no'), bytes: new Uint8Array(3), set: new Set([1]) }),
  ).toEqual({
    date: '1970-01-01T00:00:00.000Z',
    error: { name: 'TypeError', message: 'no' },
    bytes: '[3 bytes]',
    set: [1],
  })
  expect(redacted({ big: 1n, fn: () => 1, tokens: 3, nothing: null })).toEqual({
    big: '1',
    fn: '[function]',
    tokens: 3,
    nothing: null,
  })
  expect(redacted('x'.repeat(2_000))).toHaveLength(1_001)
  expect(redacted(Array.from({ length: 60 }, (_, i) => i))).toHaveLength(51)
  expect(JSON.stringify(redacted(round))).toContain('[object]')
})

test('no secret is shown and no value is refused, whatever its shape', () => {
  fc.assert(
    fc.property(fc.object({ withBigInt: true, withDate: true, withMap: true, withSet: true, maxDepth: 8 }), (value) => {
      const hidden = 'S3CRET'
      const secret = (inner: unknown): unknown => ({ password: hidden, inner, list: [{ token: { deep: [hidden] } }] })
      expect(JSON.stringify(redacted(secret(value)))).not.toContain(hidden)
      expect(JSON.stringify(redacted({ a: [secret(value)] }))).not.toContain(hidden)
    }),
    { numRuns },
  )
})
