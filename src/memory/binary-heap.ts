/** Items by rank, the first in logarithmic time. An item that is taken from elsewhere may lie on as a corpse for a while. */

/** What a heap holds. Once `gone` is true it stays true. */
export interface Perishable {
  readonly gone: boolean
}

/**
 * A binary heap. It is stable when `precedes` is a strict order of all items, as by rank and then by sequence. `precedes` must
 * not throw.
 */
export class BinaryHeap<T extends Perishable> {
  private items: T[] = []
  private corpses = 0
  private readonly precedes: (a: T, b: T) => boolean

  constructor(precedes: (a: T, b: T) => boolean) {
    this.precedes = precedes
  }

  get length(): number {
    return this.items.length - this.corpses
  }

  push(item: T): void {
    this.items.push(item)
    this.rise(this.items.length - 1)
  }

  /** The first item, left where it is. */
  peek(): T | undefined {
    while (this.items.length > 0 && this.items[0]!.gone) {
      this.behead()
      this.corpses--
    }
    return this.items[0]
  }

  /** Takes the first item. */
  pop(): T | undefined {
    const first = this.peek()
    if (first !== undefined) this.behead()
    return first
  }

  /** To be called when an item in here is `gone` without `pop`. Sweeps once more than half are. */
  lost(): void {
    this.corpses++
    if (this.corpses * 2 > this.items.length) this.remove((item) => item.gone)
  }

  /** Removes every item that `doomed` accepts, and all corpses. */
  remove(doomed: (item: T) => boolean): void {
    this.items = this.items.filter((item) => !item.gone && !doomed(item))
    this.corpses = 0
    for (let i = (this.items.length >> 1) - 1; i >= 0; i--) this.sink(i)
  }

  /** The items in no order. */
  toArray(): T[] {
    return this.items.filter((item) => !item.gone)
  }

  private behead(): void {
    const last = this.items.pop()!
    if (this.items.length === 0) return
    this.items[0] = last
    this.sink(0)
  }

  private rise(index: number): void {
    const { items, precedes } = this
    const item = items[index]!
    while (index > 0) {
      const above = (index - 1) >> 1
      if (!precedes(item, items[above]!)) break
      items[index] = items[above]!
      index = above
    }
    items[index] = item
  }

  private sink(index: number): void {
    const { items, precedes } = this
    const item = items[index]!
    for (;;) {
      let below = index * 2 + 1
      if (below >= items.length) break
      if (below + 1 < items.length && precedes(items[below + 1]!, items[below]!)) below++
      if (!precedes(items[below]!, item)) break
      items[index] = items[below]!
      index = below
    }
    items[index] = item
  }
}
