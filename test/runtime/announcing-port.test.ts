/** Rule L4 at one port: what it knows of a message that is on its way. */
import { expect, test } from 'vitest'
import { AnnouncingPort } from '../../src/runtime/announcing-port.ts'
import type { AnyMessage, ChannelPort } from '../../src/transport/transport.ts'

test('L4: a message that was refused by an error is forgotten, so that the next needs no id', () => {
  let idsRead = 0
  const message = (payload: number) =>
    ({
      payload,
      get id() {
        idsRead++
        return String(payload)
      },
    }) as unknown as AnyMessage
  const port = {
    trySend({ payload }: AnyMessage): boolean {
      if (payload === 1) throw new Error('not this way')
      return payload !== 2
    },
  } as ChannelPort
  const told: unknown[] = []
  const announcing = new AnnouncingPort(port, ({ payload }) => told.push(payload))
  expect(() => announcing.trySend(message(1))).toThrow('not this way')
  expect(announcing.trySend(message(2))).toBe(false)
  expect(announcing.trySend(message(3))).toBe(true)
  expect(told).toEqual([3])
  expect(idsRead).toBe(0)
})
