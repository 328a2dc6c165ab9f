/** First in, first out, in an array used as a ring: one slot an item, both ends in constant time at any size. */

const FIRST_SIZE = 4

/** A growing ring. It doubles when it is full and keeps nothing alive that was taken from it. */
export class RingBuffer<T> {
  length = 0
  /** Their number is a power of two, or 0 before the first item. */
  private slots: (T | undefined)[] = []
  private head = 0

  /** Adds an item behind all others. */
  push(item: T): void {
    if (this.length === this.slots.length) this.grow()
    this.slots[(this.head + this.length) & (this.slots.length - 1)] = item
    this.length++
  }

  /** The oldest item, left where it is. */
  peek(): T | undefined {
    return this.slots[this.head]
  }

  /** Takes the oldest item; `undefined` when there is none. */
  shift(): T | undefined {
    if (this.length === 0) return undefined
    const item = this.slots[this.head]
    this.slots[this.head] = undefined
    this.length--
    // A queue that runs empty starts over, so that its next items lie where memory was touched last.
    this.head = this.length === 0 ? 0 : (this.head + 1) & (this.slots.length - 1)
    return item
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let i = 0; i < this.length; i++) yield this.slots[(this.head + i) & (this.slots.length - 1)]!
  }

  private grow(): void {
    const slots = this.slots.slice(this.head).concat(this.slots.slice(0, this.head))
    slots.length = Math.max(FIRST_SIZE, this.length * 2)
    this.slots = slots.fill(undefined, this.length)
    this.head = 0
  }
}
