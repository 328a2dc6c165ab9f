/** However producers, takers and a close interleave, each accepted message is received once or left over, and nobody hangs. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Leftover } from '../../src/transport/transport.ts'
import { RUNS, note, opened } from './rig.ts'

const plans = fc.record({
  producers: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
  takers: fc.integer({ min: 1, max: 4 }),
  /** Which deliveries are given back the first time. */
  nacks: fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }),
  closes: fc.boolean(),
})

for (const kind of ['queue', 'priority', 'rendezvous'] as const) {
  test(`C3, C5, C10: nothing is lost in a ${kind} channel however its users interleave`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), plans, async (scheduler, { producers, takers, nacks, closes }) => {
        const { port, transport, clock } = opened({ kind, capacity: 2 })
        const turn = (label: string): Promise<void> => scheduler.schedule(Promise.resolve(), label)
        const accepted = new Set<string>()
        const received: string[] = []

        const produce = async (count: number, producer: number): Promise<void> => {
          for (let i = 0; i < count; i++) {
            await turn(`send ${producer}-${i}`)
            await port.send(note(`${producer}-${i}`, { priority: i }))
            accepted.add(`${producer}-${i}`)
          }
        }
        const take = async (): Promise<void> => {
          for (;;) {
            await turn('take')
            const delivery = await port.take()
            await turn('settle')
            if (delivery!.attempt === 1 && nacks[received.length % nacks.length]!) {
              void delivery!.nack()
            } else {
              received.push(delivery!.message.id)
              void delivery!.ack()
            }
          }
        }
        const close = async (): Promise<void> => {
          await turn('close')
          await port.close()
        }

        const users = [...producers.map(produce), ...Array.from({ length: takers }, take), ...(closes ? [close()] : [])]
        const ended = Promise.allSettled(users)
        await scheduler.waitIdle()
        await clock.advance(0)
        await scheduler.waitIdle()
        const left = transport.close() as readonly Leftover[]
        await scheduler.waitIdle()
        await ended

        const { stats } = port
        expect(new Set(received).size).toBe(received.length)
        expect([...received, ...left.map(({ messageId }) => messageId)].toSorted()).toEqual([...accepted].toSorted())
        expect(stats).toMatchObject({
          accepted: accepted.size,
          settled: received.length,
          inFlight: 0,
          buffered: left.length,
        })
        const offered = producers.reduce((sum, count) => sum + count, 0)
        expect(accepted.size).toBeGreaterThanOrEqual(closes ? 0 : offered)
      }),
      RUNS,
    )
  })
}
