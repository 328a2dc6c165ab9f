/** Drawings as text: what every node and channel looks like, and that none is left out. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { app, direct, flow, queue, toAscii } from 'allora'
import { toAscii as draw } from '../../src/graph/ascii.ts'
import { arbitraryApp } from '../arbitraries/graph.ts'

type Order = { kind: 'goods'; kilos: number } | { kind: 'download' } | { kind: 'gift' }

test('branches are indented, and go on where they meet', () => {
  const orders = flow('orders')
    .from(queue('orders', { capacity: 100 }).of<Order>())
    .route('kind', {
      goods: (order) => order.transform(({ kilos }) => kilos, { id: 'weigh' }),
      download: (order) => order.transform(() => 0, { id: 'free' }),
      gift: (order) => order.to(queue('gifts')),
    })
    .tap(queue('audit'))
    .to(queue('shipments'))
    .errorsTo(queue('rejected'))
    .build()
  expect(toAscii(orders)).toBe(`flow orders
  from <- [orders, queue 100]
  route by kind
  |- goods
  |    transform weigh
  |- download
  |    transform free
  |- gift
  |    to -> [gifts, queue]
  join
  tap -> [audit, queue]
  to -> [shipments, queue]
  errors to -> [rejected, queue]
`)
})

test('branches within branches, replies, loops and flows below each other', () => {
  const rates = flow('rates')
    .from(direct('rates').of<number>())
    .scatterGather(
      {
        one: (n) =>
          n.routeBy((x) => (x > 0 ? 'up' : 'down'), {
            up: (x) => x.transform((y) => y + 1),
            down: (x) => x.transform((y) => y - 1),
          }),
        two: (n) => n.transform((x) => x * 2),
      },
      { timeout: 100, onFailure: 'fail' },
    )
    .loop((both) => both.transform((x) => x, { id: 'again' }), { while: () => false, max: 3, id: 'loop' })
    .build()
  const ask = flow('ask').from(direct('ask').of<number>()).call(rates).build()
  expect(toAscii(app(ask))).toBe(`flow ask
  from <- [ask, direct]
  call rates <-> [rates, direct]
  reply

flow rates
  from <- [rates, direct]
  scatterGather timeout 100 ms fail on failure
  |- one
  |    route n2
  |    |- up
  |    |    transform n3
  |    |- down
  |    |    transform n4
  |    join
  |    gather
  |- two
  |    transform n7
  |    gather
  loop at most 3 turns
  |- body
  |    transform again
  |    -> loop at most 3 turns
  reply
`)
})

test('every node is drawn once, on a line of its own, whatever names hold', () => {
  fc.assert(
    fc.property(arbitraryApp, ({ app: given }) => {
      const lines = draw(given).split('\n')
      const steps = lines.filter((line) => line.startsWith(' ') && !/^[ |]*(?:\|- |-> )/.test(line))
      expect(steps).toHaveLength(given.flows.reduce((sum, { nodes }) => sum + nodes.length, 0))
      expect(lines.join('')).not.toMatch(/\p{Cc}|\p{Cf}|\p{Cs}/u)
    }),
    { numRuns: process.env['CI'] ? 1000 : 200 },
  )
})
