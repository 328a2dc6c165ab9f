/** A shop, a relay, and a partner that is busy at first. Run it with `node examples/webhook-relay.ts`. */
import { app, flow, runtime } from 'allora'
import { http } from 'allora/http'
import { startRelay } from './webhook-relay/relay.ts'

interface Booking {
  readonly id: string
  readonly euros: number
}

// The partner, a flow too: busy for the first two requests, and it takes no sums above 1,000 euros.
let busy = 2
const bookings: Booking[] = []
const source = http.inbound({ port: 0, path: '/bookings', body: 'json' })
const books = flow('books')
  .from(source)
  .transform((payload) => payload as Booking)
  .handle((booking) => {
    if (busy-- > 0) return http.reply('Busy', { status: 503 })
    if (booking.euros > 1_000) return http.reply('Ask us before', { status: 422 })
    bookings.push(booking)
    return http.reply('Booked', { status: 201 })
  })
  .build()
await using _partner = await runtime(app(books)).start()

await using relay = await startRelay({ port: 0, partner: `${source.url}/bookings` })
for (const body of [
  '{"id":"A1","cents":1999}',
  '{"id":"B2","cents":250000}',
  '{"id":"A1","cents":1999}',
  '{"id":"C3"}',
]) {
  const { status } = await fetch(relay.url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  console.log(`shop: ${body} gets ${status}`)
}
await relay.idle()

for (const { id, euros } of bookings) console.log(`partner: ${id} is booked, ${euros} euros`)
const { original, failure } = (await relay.refused.receive()).payload
const reason = failure.kind === 'failure' ? failure.error.status : failure.cause
console.log(`refused: ${JSON.stringify(original.payload)} with ${String(reason)}`)
console.log(`dead letters: ${relay.deadLetters.size}`)
