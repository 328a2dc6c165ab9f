import { expect, expectTypeOf, test } from 'vitest'
import { flow } from '../../src/flow/builder.ts'
import { type ChannelToken, type SentTo, direct, queue } from '../../src/flow/channel-token.ts'
import type { FlowDef, OneWay } from '../../src/flow/flow-def.ts'
import { type Invoice, type Order, invoices, orders, toInvoice } from './samples.ts'

test('the one-liner types itself from the parameter of its service', () => {
  const hello = flow().from(direct('input')).handle(toInvoice).to(queue('output')).build()
  expectTypeOf(hello).toEqualTypeOf<
    FlowDef<
      ChannelToken<'direct', 'input', Order>,
      OneWay,
      never,
      ChannelToken<'direct', 'input', Order> | SentTo<'queue', 'output', Invoice>
    >
  >()
  expect(hello).toEqual({
    graph: {
      version: 1,
      id: 'input',
      channels: [
        { id: 'input', kind: 'direct' },
        { id: 'output', kind: 'queue' },
      ],
      nodes: [
        { id: 'n0', kind: 'inlet', channel: 'input' },
        { id: 'n1', kind: 'handle', service: 'input/n1' },
        { id: 'n2', kind: 'outlet', channel: 'output' },
      ],
      edges: [
        { from: 'n0', to: 'n1' },
        { from: 'n1', to: 'n2' },
      ],
    },
    functions: { 'input/n1': toInvoice },
    contracts: [],
    schemas: {},
    calls: [],
  })
})

test('a flow without .to ends in a reply', () => {
  const price = flow('price')
    .from(orders)
    .handle((order) => order.total)
    .build()
  expectTypeOf(price).toEqualTypeOf<
    FlowDef<ChannelToken<'direct', 'orders', Order>, number, never, ChannelToken<'direct', 'orders', Order>>
  >()
  expect(price.graph.nodes.at(-1)).toEqual({ id: 'n2', kind: 'reply' })
})

test('numbers of nodes pass over those that are taken', () => {
  const ids = flow('f').from(direct('in').of<number>(), { id: 'n1' }).transform(String).build().graph.nodes
  expect(ids.map(({ id, kind }) => `${id} ${kind}`)).toEqual(['n1 inlet', 'n2 transform', 'n3 reply'])
})

test('a chain can be forked at any point: neither flow knows of the other', () => {
  const start = flow('fork').from(orders).handle(toInvoice)
  const left = start.transform((invoice) => invoice.amount).build()
  const right = start.to(invoices)
  expect(left.graph.nodes.map((node) => node.kind)).toEqual(['inlet', 'handle', 'transform', 'reply'])
  expect(right.build().graph.nodes.map((node) => node.kind)).toEqual(['inlet', 'handle', 'outlet'])
  expect(Object.keys(left.functions)).toEqual(['fork/n1', 'fork/n2'])
  expect(right.build()).toEqual(right.build())
})

test('builders and flows are frozen', () => {
  const chain = flow('frozen').from(orders).handle(toInvoice)
  const built = chain.build()
  expect(
    [chain, built, built.graph, built.functions, built.contracts, built.schemas, built.calls].every(Object.isFrozen),
  ).toBe(true)
})
