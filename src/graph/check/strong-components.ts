/** Circles in a directed graph. */

/**
 * The groups of nodes that lie on circles: within a group every node can be reached from every other one.
 *
 * Tarjan's strongly connected components without those that are a single node without an edge to itself; linear, and without
 * recursion, so that long chains do no harm.
 */
export function circles<T>(nodes: Iterable<T>, next: (node: T) => readonly T[]): T[][] {
  const search = new Search(next)
  for (const node of nodes) search.from(node)
  return search.found
}

/** A node being visited, and which of its successors comes next. */
interface Visit<T> {
  readonly node: T
  readonly successors: readonly T[]
  at: number
}

class Search<T> {
  readonly found: T[][] = []
  private readonly next: (node: T) => readonly T[]
  /** When a node was met first. */
  private readonly order = new Map<T, number>()
  /** The earliest node on the path that can be reached from a node. */
  private readonly low = new Map<T, number>()
  private readonly path: T[] = []
  private readonly onPath = new Set<T>()

  constructor(next: (node: T) => readonly T[]) {
    this.next = next
  }

  from(root: T): void {
    if (this.order.has(root)) return
    const visits = [this.enter(root)]
    for (let visit = visits.at(-1); visit !== undefined; visit = visits.at(-1)) {
      const successor = visit.successors[visit.at++]
      if (successor === undefined) {
        visits.pop()
        this.leave(visit)
        const parent = visits.at(-1)
        if (parent !== undefined) this.reach(parent.node, this.low.get(visit.node)!)
      } else if (!this.order.has(successor)) {
        visits.push(this.enter(successor))
      } else if (this.onPath.has(successor)) {
        this.reach(visit.node, this.order.get(successor)!)
      }
    }
  }

  private enter(node: T): Visit<T> {
    this.order.set(node, this.order.size)
    this.low.set(node, this.order.get(node)!)
    this.path.push(node)
    this.onPath.add(node)
    return { node, successors: this.next(node), at: 0 }
  }

  private reach(node: T, order: number): void {
    this.low.set(node, Math.min(this.low.get(node)!, order))
  }

  /** Cuts the component off the path when its first node has been seen completely. */
  private leave({ node, successors }: Visit<T>): void {
    if (this.low.get(node) !== this.order.get(node)) return
    const component = this.path.splice(this.path.lastIndexOf(node))
    for (const member of component) this.onPath.delete(member)
    if (component.length > 1 || successors.includes(node)) this.found.push(component)
  }
}
