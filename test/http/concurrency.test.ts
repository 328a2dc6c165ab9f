/** Rule G1 over HTTP: thousands wait at the same time, and each gets the answer to its own request. */
import { Agent, request } from 'node:http'
import { app, flow, queue } from 'allora'
import { http } from 'allora/http'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/transport/clock.ts'
import { forbidUnhandledRejections, settled, started } from '../runtime/rig.ts'

forbidUnhandledRejections()

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await settled()
}

/** Takes orders over HTTP, hands them through two queues to flows that need so many turns of the event loop for each, and answers. */
async function service(
  delays: readonly number[],
): Promise<{ url: string; handle: (request: Request) => Promise<Response> }> {
  const source = http.inbound({ port: 0, path: '/', body: 'json', maxInFlight: 10_000, waiting: 10_000 })
  let at = 0
  const delay = (): number => delays[at++ % delays.length]!
  const take = flow('take')
    .from(source)
    .to(queue('first', { capacity: 20_000 }))
    .build()
  const first = flow('first')
    .from(queue('first').of<unknown>(), { concurrency: 1_000 })
    .handle((order) => turns(delay()).then(() => order))
    .to(queue('second', { capacity: 20_000 }))
    .build()
  const second = flow('second')
    .from(queue('second').of<unknown>(), { concurrency: 1_000 })
    .handle((order) => turns(delay()).then(() => ({ order })))
    .build()
  await started(app(take, first, second), { clock: systemClock })
  return { url: source.url!, handle: http.handler(take) }
}

/** A key of a prototype would be refused. */
const isHarmless = (value: unknown): boolean => !/__proto__|constructor/.test(JSON.stringify(value))
const payload = fc.jsonValue().filter(isHarmless)
const payloads = (numRuns: number): unknown[] => fc.sample(payload, { numRuns })
const asking = (body: string): Request =>
  new Request('http://localhost/', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
const delays = fc.sample(fc.nat(5), { numRuns: 997 })

test(
  'G1: 10,000 at the same time by http.handler, through two queues with random delays',
  { timeout: 60_000 },
  async () => {
    const { handle } = await service(delays)
    const values = payloads(200)
    const ask = async (number: number): Promise<void> => {
      const order = { number, value: values[number % values.length] }
      const body = JSON.stringify(order)
      const response = await handle(asking(body))
      expect([response.status, await response.text()]).toEqual([200, JSON.stringify({ order: JSON.parse(body) })])
    }
    await Promise.all(Array.from({ length: 10_000 }, (_, number) => ask(number)))
  },
)

test('G1: 2,000 over 200 connections, through two queues with random delays', { timeout: 60_000 }, async () => {
  const { url } = await service(delays)
  const answers: [text: string, expected: string][] = []
  const agent = new Agent({ keepAlive: true, maxSockets: 200 })
  onTestFinished(() => agent.destroy())
  const values = payloads(200)
  const ask = (number: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify({ number, value: values[number % values.length] })
      const sending = request(
        url,
        { method: 'POST', agent, headers: { 'content-type': 'application/json' } },
        (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (data: string) => (text += data))
          response.on('end', () => {
            answers.push([text, JSON.stringify({ order: JSON.parse(body) })])
            resolve()
          })
        },
      )
      sending.on('error', reject).end(body)
    })
  await Promise.all(Array.from({ length: 2_000 }, (_, number) => ask(number)))
  expect(answers.map(([text]) => text)).toEqual(answers.map(([, expected]) => expected))
  expect(answers).toHaveLength(2_000)
})

test('G1: whatever is sent comes back to who sent it', async () => {
  const { handle } = await service([0, 3, 1])
  await fc.assert(
    fc.asyncProperty(fc.array(payload, { minLength: 1, maxLength: 20 }), async (orders) => {
      const bodies = orders.map((order) => JSON.stringify(order))
      const answers = await Promise.all(bodies.map(async (body) => (await handle(asking(body))).text()))
      expect(answers).toEqual(bodies.map((body) => JSON.stringify({ order: JSON.parse(body) })))
    }),
    { numRuns: process.env['CI'] === undefined ? 50 : 200 },
  )
})
