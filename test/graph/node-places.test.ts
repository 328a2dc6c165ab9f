import fc from 'fast-check'
import { expect, test } from 'vitest'
import { NodePlaces } from '../../src/graph/node-places.ts'

test('nodes are found by id, of several the last, however many there are', () => {
  const ids = fc.array(fc.constantFrom('n0', 'n1', 'n2', '', '__proto__'), { maxLength: 30 })
  fc.assert(
    fc.property(ids, (list) => {
      const places = new NodePlaces(list.map((id) => ({ id })))
      for (const id of [...list, 'n1', 'other']) expect(places.of(id)).toBe((list as string[]).lastIndexOf(id))
    }),
  )
})
