/** A file of version 2 with a filter, a retry, a route and dead letters. Run it with `node examples/shop.ts`. */
import { fileURLToPath } from 'node:url'
import type { QueueChannel } from 'allora'
import { loadRuntime } from 'allora/yaml'

interface Order {
  readonly id: string
  readonly kind: 'goods' | 'download'
  readonly total: number
}

let busy = 2
const services = {
  reserve: (order: Order): Order => {
    if (order.id === 'C3') throw new Error('Sold out')
    if (order.id === 'A1' && busy-- > 0) throw new Error('The stock is busy')
    return order
  },
  pack: ({ id }: Order) => `parcel ${id}`,
  link: ({ id }: Order) => `mail with a link to ${id}`,
}

const file = fileURLToPath(new URL('shop/allora.yml', import.meta.url))
await using rt = await loadRuntime(file, { services }).start()

const orders: readonly Order[] = [
  { id: 'A1', kind: 'goods', total: 20 },
  { id: 'B2', kind: 'download', total: 5 },
  { id: 'C3', kind: 'goods', total: 70 },
  { id: 'D4', kind: 'goods', total: 0 },
]
for (const order of orders) await rt.sendUnknown('orders', order)
await rt.idle()

for (const id of ['parcels', 'mails', 'rejected']) {
  const { payload } = await (rt.channel(id) as QueueChannel<unknown>).receive()
  console.log(`${id}: ${typeof payload === 'string' ? payload : JSON.stringify(payload)}`)
}
for (const { nodeId, error } of rt.deadLetters.list()) console.log(`dead at ${nodeId}: ${String(error.cause)}`)
