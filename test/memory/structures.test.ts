/** The ring, the heap and the list do what an array would. */
import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BinaryHeap } from '../../src/memory/binary-heap.ts'
import { type Linked, LinkedList, LinkedSet, isLinked, unlink } from '../../src/memory/linked-list.ts'
import { RingBuffer } from '../../src/memory/ring-buffer.ts'
import { RUNS } from './rig.ts'

/** Adds where it is a number, takes where it is not. */
const additions = fc.array(fc.option(fc.nat(), { freq: 2 }), { maxLength: 200 })

test('a ring buffer gives what it was given, in order', () => {
  fc.assert(
    fc.property(additions, (numbers) => {
      const ring = new RingBuffer<number>()
      const array: number[] = []
      for (const number of numbers) {
        if (number === null) {
          assert.equal(ring.peek(), array[0])
          assert.equal(ring.shift(), array.shift())
        } else {
          ring.push(number)
          array.push(number)
        }
        expect(ring.length).toBe(array.length)
        expect([...ring]).toEqual(array)
      }
    }),
    RUNS,
  )
})

class Item {
  gone = false
  readonly rank: number
  readonly place: number
  constructor(rank: number, place: number) {
    this.rank = rank
    this.place = place
  }
}

const precedes = (a: Item, b: Item): boolean => a.rank < b.rank || (a.rank === b.rank && a.place < b.place)

describe('a binary heap', () => {
  test('gives its items by rank and then by arrival, also when some are taken from elsewhere', () => {
    const operations = fc.array(
      fc.record({ operation: fc.constantFrom('push', 'push', 'pop', 'lose'), at: fc.nat({ max: 9 }) }),
      { maxLength: 200 },
    )
    fc.assert(
      fc.property(operations, (steps) => {
        const heap = new BinaryHeap<Item>(precedes)
        let array: Item[] = []
        for (const [place, { operation, at }] of steps.entries()) {
          if (operation === 'push') {
            const item = new Item(at, place)
            heap.push(item)
            array.push(item)
            array.sort((a, b) => (precedes(a, b) ? -1 : 1))
          } else if (operation === 'pop') {
            assert.equal(heap.pop(), array.shift())
          } else if (array.length > 0) {
            const item = array[at % array.length]!
            item.gone = true
            heap.lost()
            array = array.filter((other) => other !== item)
          }
          expect(heap.length).toBe(array.length)
          expect(heap.peek()).toBe(array[0])
          expect(new Set(heap.toArray())).toEqual(new Set(array))
        }
      }),
      RUNS,
    )
  })

  test('does not keep what was taken from elsewhere for long', async () => {
    const heap = new BinaryHeap<Item>(precedes)
    heap.push(new Item(0, 0))
    const lose = (_: unknown, place: number): WeakRef<Item> => {
      const item = new Item(1, place)
      heap.push(item)
      item.gone = true
      heap.lost()
      return new WeakRef(item)
    }
    const lost = Array.from({ length: 100 }, lose)
    await new Promise(setImmediate)
    globalThis.gc!()
    expect(lost.filter((ref) => ref.deref() !== undefined).length).toBeLessThanOrEqual(1)
    expect(heap.length).toBe(1)
  })
})

class Node implements Linked<Node> {
  before: Node | undefined = undefined
  after: Node | undefined = undefined
}

/** Adds and takes out nodes, from anywhere, and says whether an array after each has the same. */
function isLikeArray(numbers: readonly (number | null)[], add: (node: Node) => void, toArray: () => Node[]): boolean {
  const array: Node[] = []
  for (const number of numbers) {
    if (number !== null && array.length > 0 && number % 3 === 0) {
      const [node] = array.splice(number % array.length, 1)
      unlink(node!)
      unlink(node!)
      assert.equal(isLinked(node!), false)
    } else {
      const node = new Node()
      add(node)
      array.push(node)
      assert.equal(isLinked(node), true)
    }
    const nodes = toArray()
    if (nodes.length !== array.length || nodes.some((node, i) => node !== array[i])) return false
  }
  return true
}

test('a linked list keeps its order when items leave from anywhere', () => {
  fc.assert(
    fc.property(additions, (numbers) => {
      const list = new LinkedList<Node>()
      const add = (node: Node): void => {
        list.push(node)
        assert.equal(list.isLast(node), true)
      }
      const toArray = (): Node[] => {
        const nodes = list.toArray()
        assert.equal(list.first, nodes[0])
        return nodes
      }
      expect(isLikeArray(numbers, add, toArray)).toBe(true)
    }),
    RUNS,
  )
})

test('a linked set names its items, the oldest first, when they leave from anywhere', () => {
  fc.assert(
    fc.property(additions, (numbers) => {
      const set = new LinkedSet<Node>()
      const add = (node: Node): void => set.add(node)
      expect(isLikeArray(numbers, add, () => set.toArray())).toBe(true)
    }),
    RUNS,
  )
})
