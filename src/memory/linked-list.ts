/** A doubly linked list of things that carry their own links: leaving from the middle costs the same as from the front. */

/** What can be in one list at a time: between two others, or between nothing. */
export interface Linked<T> {
  before: T | undefined
  after: T | undefined
}

interface AnyLinked extends Linked<AnyLinked> {}

/** The list, as a ring that it closes itself. It allocates nothing per item. */
export class LinkedList<T extends Linked<T>> implements Linked<T> {
  // It stands before the first item and after the last one, as if it were an item; it is never given out as one.
  before: T | undefined = this as never
  after: T | undefined = this as never

  get first(): T | undefined {
    return this.next(this)
  }

  /** Whether nobody is behind the item. */
  isLast(item: T): boolean {
    return this.before === item
  }

  /** Adds an item that is in no list behind all others. */
  push(item: T): void {
    const last = this.before!
    item.before = last
    item.after = this as never
    last.after = item
    this.before = item
  }

  /** The item behind another one. */
  next(item: Linked<T>): T | undefined {
    return item.after === (this as never) ? undefined : item.after
  }

  /** The items as they are now, so that the list may change meanwhile. */
  toArray(): T[] {
    const items: T[] = []
    for (let item = this.first; item !== undefined; item = this.next(item)) items.push(item)
    return items
  }
}

/**
 * Things of which only the number and the names matter, such as all that is in work. The newest is in front: to add one writes once into an
 * object that is older, where the list writes twice, and such writes are what the garbage collector has to be told of.
 */
export class LinkedSet<T extends Linked<T>> implements Linked<T> {
  readonly before: undefined = undefined
  after: T | undefined = undefined

  /** Adds an item that is in no list or set. */
  add(item: T): void {
    const { after } = this
    item.before = this as never
    item.after = after
    if (after !== undefined) after.before = item
    this.after = item
  }

  /** The items as they are now, the oldest first. */
  toArray(): T[] {
    const items: T[] = []
    for (let item = this.after; item !== undefined; item = item.after) items.push(item)
    return items.reverse()
  }
}

/** Whether an item is in a list or a set. */
export function isLinked(item: AnyLinked): boolean {
  return item.before !== undefined
}

/** Takes an item out of its list or set; harmless when it is in none. */
export function unlink(item: AnyLinked): void {
  const { before, after } = item
  if (before === undefined) return
  before.after = after
  if (after !== undefined) after.before = before
  item.before = item.after = undefined
}
