/** An app with every kind of node and channel, for drawings. */
import type { AppGraph, FlowGraph } from '../../src/graph/graph.ts'
import { appOf, line } from './write-graph.ts'

const orders: FlowGraph = {
  version: 1,
  id: 'orders',
  channels: [
    { id: 'orders', kind: 'queue', capacity: 100, payload: 'Order' },
    { id: 'rejected', kind: 'queue', capacity: 'unbounded' },
    { id: 'audit', kind: 'pubsub' },
    { id: 'lines', kind: 'priority' },
    { id: 'express', kind: 'rendezvous' },
    { id: 'failures', kind: 'direct' },
  ],
  nodes: [
    { id: 'n0', kind: 'inlet', channel: 'orders', concurrency: 4 },
    { id: 'n1', kind: 'filter', service: 'isValid', discardTo: 'rejected' },
    { id: 'n2', kind: 'setHeader', header: 'customer', service: 'orders/n2' },
    { id: 'n3', kind: 'tap', channel: 'audit' },
    { id: 'n4', kind: 'split', service: 'linesOf' },
    { id: 'n5', kind: 'through', channel: 'lines', concurrency: 8 },
    { id: 'n6', kind: 'call', flow: 'price', channel: 'price' },
    { id: 'priced', kind: 'recover', service: 'listPrice' },
    { id: 'n8', kind: 'route', by: { key: 'type' }, cases: ['book', 'food'], otherwise: true },
    { id: 'n9', kind: 'transform', service: 'orders/n9' },
    { id: 'n10', kind: 'outlet', channel: 'express' },
    { id: 'n11', kind: 'handle', service: 'pack' },
    { id: 'n12', kind: 'join' },
    { id: 'n13', kind: 'aggregate', size: 10, timeout: 5000, combine: 'parcel' },
    { id: 'n14', kind: 'recipients', channels: ['shipping', 'audit'] },
    { id: 'n15', kind: 'errorOutlet', channel: 'failures' },
  ],
  edges: [
    { from: 'n0', to: 'n1' },
    { from: 'n1', to: 'n2' },
    { from: 'n2', to: 'n3' },
    { from: 'n3', to: 'n4' },
    { from: 'n4', to: 'n5' },
    { from: 'n5', to: 'n6' },
    { from: 'n6', to: 'n8' },
    { from: 'priced', to: 'n8' },
    { from: 'n8', to: 'n9', port: 'case:book' },
    { from: 'n9', to: 'n12' },
    { from: 'n8', to: 'n10', port: 'case:food' },
    { from: 'n8', to: 'n11', port: 'otherwise' },
    { from: 'n11', to: 'n12' },
    { from: 'n12', to: 'n13' },
    { from: 'n13', to: 'n14' },
    ...['n1', 'n2', 'n4', 'n5', 'n6'].map((from) => ({ from, to: 'priced', port: 'error' })),
    ...['priced', 'n8', 'n9', 'n10', 'n11', 'n13', 'n14'].map((from) => ({ from, to: 'n15', port: 'error' })),
  ],
}

/** Orders are priced by another flow, packed and shipped. */
export const sampleApp: AppGraph = appOf(
  orders,
  line(
    'price',
    [{ id: 'price', kind: 'direct' }],
    [{ kind: 'inlet', channel: 'price' }, { kind: 'handle', service: 'priceOf' }, { kind: 'reply' }],
  ),
)
