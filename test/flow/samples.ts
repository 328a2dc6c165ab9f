/** The payloads and channels that the tests of flows share. */
import { type ChannelToken, direct, queue } from '../../src/flow/channel-token.ts'
import type { FlowGraph } from '../../src/graph/graph.ts'

export interface Line {
  readonly sku: string
  readonly qty: number
}
export interface Order {
  readonly id: string
  readonly lines: readonly Line[]
  readonly total: number
}
export interface Invoice {
  readonly orderId: string
  readonly amount: number
}
export type OrderEvent =
  | { readonly kind: 'created'; readonly order: Order }
  | { readonly kind: 'cancelled'; readonly orderId: string }
  | { readonly kind: 'paid'; readonly amount: number }

export class OutOfStock {
  readonly _tag = 'OutOfStock'
}
export class Declined {
  readonly _tag = 'Declined'
}

export const orders: ChannelToken<'direct', 'orders', Order> = direct('orders').of<Order>()
export const invoices: ChannelToken<'queue', 'invoices', Invoice> = queue('invoices', { capacity: 10 }).of<Invoice>()
export const events: ChannelToken<'direct', 'events', OrderEvent> = direct('events').of<OrderEvent>()
export const toInvoice = (order: Order): Invoice => ({ orderId: order.id, amount: order.total })

/** The edges in words: `n1 -> n2`, `n1 case:a-> n2`, `n1 error-> n3`. */
export function edgesOf({ graph }: { readonly graph: FlowGraph }): string[] {
  return graph.edges.map(({ from, to, port = '' }) => `${from} ${port}-> ${to}`)
}

/** The nodes in words: `n1 handle`. */
export function nodesOf({ graph }: { readonly graph: FlowGraph }): string[] {
  return graph.nodes.map(({ id, kind }) => `${id} ${kind}`)
}
