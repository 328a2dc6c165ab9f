/**
 * A webhook: parcels are announced over HTTP and kept in a queue; who asks for a price waits for the answer of another flow. It runs
 * until it is interrupted: `PORT=8080 node --conditions=allora-source examples/webhook/main.ts`.
 */
import { once } from 'node:events'
import { app, flow, queue, runtime } from 'allora'
import { http } from 'allora/http'
import * as z from 'zod'

const port = Number(process.env['PORT'] ?? 0)
const parcel = z.object({ id: z.string().min(1), kilos: z.number().positive() })

/** `POST /parcels` is answered with 202 as soon as the queue has the parcel, and with 503 while it is full. */
const announced = http.inbound({ port, path: '/parcels', body: 'json', schema: parcel, reply: false })
const take = flow('take')
  .from(announced)
  .to(queue('parcels', { capacity: 1_000, overflow: 'reject' }))
  .build()

/** `GET /prices/:kilos` goes through a queue too, and the reply comes back to who asked. */
const ask = flow('ask')
  .from(http.inbound({ port, path: '/prices/:kilos{[0-9]+}', methods: ['GET'] }))
  .transform((_, { message }) => Number(message.headers['http.param.kilos']))
  .to(queue('prices'))
  .build()

const answer = flow('answer')
  .from(queue('prices').of<number>(), { concurrency: 10 })
  .handle((kilos) =>
    kilos > 30
      ? http.reply({ error: 'too heavy' }, { status: 409 })
      : http.reply({ kilos, price: kilos * 2 }, { headers: { 'cache-control': 'max-age=60' } }),
  )
  .build()

await using rt = await runtime(app(take, ask, answer)).start()
console.log(`Listening at ${announced.url}`)
await once(process, 'SIGINT')
console.log(`${rt.channel('parcels').size} parcels announced`)
