import { expect, test } from 'vitest'
import { listed } from '../../src/graph/check/wording.ts'

test.each([
  [1, '"n1"'],
  [2, '"n1" and "n2"'],
  [5, '"n1", "n2", "n3", "n4" and "n5"'],
  [6, '"n1", "n2", "n3", "n4", "n5" and 1 more'],
])('%i names are listed', (count, words) => {
  expect(listed(Array.from({ length: count }, (_, i) => `n${i + 1}`))).toBe(words)
})
