import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deepFreeze } from '../../src/graph/freeze.ts'

const numRuns = process.env['CI'] ? 1000 : 200

function frozenEverywhere(value: unknown): boolean {
  return (
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(frozenEverywhere))
  )
}

test('deepFreeze freezes plain data at every level and gives the same value, once or twice', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const before = structuredClone(value)
      expect(deepFreeze(value)).toBe(value)
      expect(deepFreeze(value)).toBe(value)
      expect(value).toEqual(before)
      expect(frozenEverywhere(value)).toBe(true)
    }),
    { numRuns },
  )
})

test('deepFreeze looks into what is frozen only on the outside', () => {
  const value = Object.freeze({ inside: { list: [1] } })
  deepFreeze(value)
  expect(Object.isFrozen(value.inside.list)).toBe(true)
})

test('deepFreeze ends on data that contains itself', () => {
  const value: { self?: object } = {}
  value.self = value
  expect(Object.isFrozen(deepFreeze(value))).toBe(true)
})
