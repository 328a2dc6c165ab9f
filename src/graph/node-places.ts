/** Where the nodes of a flow are in its list, by their ids. */

/** Up to so many nodes, looking at each is faster than to make a map of them. */
const FEW = 12

/** Finds the places of nodes. */
export class NodePlaces {
  private readonly nodes: readonly { readonly id: string }[]
  /** There if the nodes are more than a few. */
  private readonly byId: Map<string, number> | undefined

  constructor(nodes: readonly { readonly id: string }[]) {
    this.nodes = nodes
    this.byId = nodes.length > FEW ? new Map(nodes.map(({ id }, place) => [id, place])) : undefined
  }

  /** The place of the node of this id, of several that of the last; -1 when there is none. */
  of(id: string): number {
    if (this.byId !== undefined) return this.byId.get(id) ?? -1
    let place = this.nodes.length - 1
    while (place >= 0 && this.nodes[place]!.id !== id) place--
    return place
  }
}
