import { expect, expectTypeOf, test } from 'vitest'
import { direct, queue } from '../../src/flow/channel-token.ts'
import type { ChannelToken, SentTo } from '../../src/flow/channel-token.ts'
import { flow } from '../../src/flow/builder.ts'
import type { FlowDef, OneWay } from '../../src/flow/flow-def.ts'
import { app } from '../../src/app/app.ts'

interface Order {
  readonly id: string
  readonly total: number
}
interface Invoice {
  readonly orderId: string
  readonly amount: number
}
const svc = (o: Order): Invoice => ({ orderId: o.id, amount: o.total })

test('the one-liner types itself', () => {
  const f = flow().from(direct('input')).handle(svc).to(queue('output')).build()
  expectTypeOf(f).toEqualTypeOf<
    FlowDef<ChannelToken<'direct', 'input', Order>, OneWay, never, ChannelToken<'direct', 'input', Order> | SentTo<'queue', 'output', Invoice>>
  >()
  expect(f.graph).toEqual({
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
  })
  expect(app(f).functions).toEqual({ 'input/n1': svc })
})
