/** The instances that are kept for good have the shape of those in use: otherwise a major collection throws away the code compiled for them. */
import { setFlagsFromString } from 'node:v8'
import { app, direct, flow, queue } from 'allora'
import { expect, test, vi } from 'vitest'
import { Waiter } from '../../src/memory/waiter.ts'
import { retained } from '../../src/message/retain.ts'
import { Continuation } from '../../src/runtime/continuation.ts'
import { started } from './rig.ts'

setFlagsFromString('--allow-natives-syntax')
// oxlint-disable-next-line typescript/no-implied-eval -- only so can the engine be asked, which has no other way
const haveSameShape = new Function('a', 'b', 'return %HaveSameMap(a, b)') as (a: object, b: object) => boolean
setFlagsFromString('--no-allow-natives-syntax')

test('what each message makes anew has the shape of what is kept', async () => {
  const continuations = vi.spyOn(Continuation.prototype, 'begin')
  const waiters = vi.spyOn(Waiter.prototype, 'leave')
  const seen: object[] = []
  const { rt } = await started(
    app(
      flow('later')
        .from(direct('in').of<number>())
        .handle(async (n, exchange) => (seen.push(exchange), n))
        .to(queue('out', { capacity: 1 }))
        .build(),
      flow('asked')
        .from(direct('questions').of<number>())
        .handle(async (n) => n)
        .build(),
    ),
  )
  const out = rt.channel('out')
  // A request with a deadline, somebody who waits for a message, and somebody who waits for room.
  await rt.request('questions', 1, { timeout: 1_000 })
  const first = out.receive()
  await rt.send('in', 1)
  seen.push(await first)
  await rt.send('in', 2)
  const third = out.send(3)
  seen.push(await out.receive(), await out.receive())
  await third
  seen.push(...(continuations.mock.contexts as object[]), ...(waiters.mock.contexts as object[]))
  expect(new Set(seen.map(({ constructor: { name } }) => name))).toEqual(
    new Set(['Frame', 'MessageRecord', 'Continuation', 'Pending', 'Taker', 'Sender']),
  )
  const strangers = seen.filter((one) => !retained.some((kept) => haveSameShape(one, kept)))
  expect(strangers.map(({ constructor: { name } }) => name)).toEqual([])
})
