/** A server to be measured, as a process of its own: says its port, and its CPU time whenever it is asked. */
import { createAdaptorServer } from '@hono/node-server'
import { app, flow, queue, runtime } from 'allora'
import { http } from 'allora/http'
import { Hono } from 'hono'
import type { AddressInfo } from 'node:net'

/** `bare`: hono alone; `flow`: a flow of one step; `hops`: three flows behind two queues, with random delays. */
export type ServerKind = 'bare' | 'flow' | 'hops'

/** What all of them do. */
const accept = (order: unknown): { readonly id: unknown; readonly ok: true } => ({
  id: (order as { readonly id: unknown }).id,
  ok: true,
})

const servers: { readonly [K in ServerKind]: () => Promise<number> } = {
  bare: async () => {
    const bare = new Hono().post('/orders', async (context) => context.json(accept(await context.req.json())))
    const server = createAdaptorServer({ fetch: bare.fetch })
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    return (server.address() as AddressInfo).port
  },
  flow: async () => {
    const orders = http.inbound({ port: 0, path: '/orders', body: 'json' })
    await runtime(app(flow('orders').from(orders).handle(accept).build())).start()
    return Number(new URL(orders.url!).port)
  },
  hops: async () => {
    const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.random() * 20))
    const orders = http.inbound({ port: 0, path: '/orders', body: 'json', maxInFlight: 10_000, waiting: 10_000 })
    const take = flow('take')
      .from(orders)
      .to(queue('first', { capacity: 10_000 }))
      .build()
    const first = flow('first')
      .from(queue('first').of<unknown>(), { concurrency: 1_000 })
      .handle((order) => later().then(() => order))
      .to(queue('second', { capacity: 10_000 }))
      .build()
    const second = flow('second')
      .from(queue('second').of<unknown>(), { concurrency: 1_000 })
      .handle((order) => later().then(() => accept(order)))
      .build()
    await runtime(app(take, first, second)).start()
    return Number(new URL(orders.url!).port)
  },
}

const port = await servers[process.argv[2] as ServerKind]()
process.on('message', () => {
  const { user, system } = process.cpuUsage()
  process.send!(user + system)
})
process.send!(port)
