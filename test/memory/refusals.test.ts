/** Every sentence the memory transport refuses with, read aloud. */
import { expect, test } from 'vitest'
import { AlloraError } from '../../src/errors/allora-error.ts'
import type { HandlersFailedError } from '../../src/errors/handling-errors.ts'
import type { ChannelSpec } from '../../src/graph/graph.ts'
import { memory } from '../../src/memory/memory.ts'
import { note, openEnv, opened } from './rig.ts'

/** What something throws or rejects with. */
async function refusal(act: () => unknown): Promise<unknown> {
  const error: unknown = await (async () => act())().then(
    () => 'Nothing was refused.',
    (reason: unknown) => reason,
  )
  if (!(error instanceof AlloraError)) throw error
  const { code, message, channelId, messageId } = error
  return { code, message, channelId, ...(messageId === undefined ? {} : { messageId }) }
}

const open = (spec: Omit<ChannelSpec, 'id'>) => () => opened(spec)

test('E2: C4: a capacity that cannot be', async () => {
  expect(await refusal(open({ kind: 'queue', capacity: 0 }))).toMatchInlineSnapshot(`
    {
      "channelId": "c",
      "code": "ALLORA207",
      "message": "The capacity of channel "c" must be a whole number of at least 1, but it is 0. For a channel without a buffer use a rendezvous channel.",
    }
  `)
  expect(await refusal(open({ kind: 'pubsub', capacity: 2.5 }))).toMatchInlineSnapshot(`
    {
      "channelId": "c",
      "code": "ALLORA207",
      "message": "The capacity of channel "c" must be a whole number of at least 1, but it is 2.5. For a channel without a limit use Infinity ('unbounded' in graph data).",
    }
  `)
})

test('E2: C4: a comparator that is not there', async () => {
  expect(await refusal(open({ kind: 'priority', compare: 'byAge' }))).toMatchInlineSnapshot(`
    {
      "channelId": "c",
      "code": "ALLORA207",
      "message": "Channel "c" is ordered by the comparator "byAge", but there is no function of that name. Provide it, or leave out "compare" to go by the priority header.",
    }
  `)
})

test('E2: C5: a send to a closed channel, and a take from one', async () => {
  const { port } = opened({ kind: 'queue' })
  await port.close()
  expect(await refusal(() => port.send(note('m1')))).toMatchInlineSnapshot(`
    {
      "channelId": "c",
      "code": "ALLORA203",
      "message": "Channel "c" is closed and takes no more messages. Send before it is closed.",
      "messageId": "m1",
    }
  `)
  expect(await refusal(() => port.take())).toMatchInlineSnapshot(`
    {
      "channelId": "c",
      "code": "ALLORA203",
      "message": "Channel "c" is closed and holds no message to take, so none is waited for. Stop taking when the channel is closed.",
    }
  `)
})

test('E2: C4: a full channel', async () => {
  const { port } = opened({ kind: 'queue', capacity: 1, overflow: 'reject' })
  await port.send(note('m1'))
  expect(await refusal(() => port.send(note('m2')))).toMatchInlineSnapshot(`
    {
      "channelId": "c",
      "code": "ALLORA202",
      "message": "Channel "c" is full at its capacity of 1 and refuses more (overflow: 'reject'). Take messages faster, raise its capacity, or choose overflow: 'wait'.",
      "messageId": "m2",
    }
  `)
})

test('E2: C2: a send that waited too long, by kind', async () => {
  const { port: queue } = opened({ kind: 'queue', capacity: 1 })
  await queue.send(note('m1'))
  expect(await refusal(() => queue.send(note('m2'), { timeout: 0 }))).toMatchInlineSnapshot(`
    {
      "channelId": "c",
      "code": "ALLORA204",
      "message": "Channel "c" did not take the message at once: it is full. Take messages faster, raise its capacity, or give the send more time.",
      "messageId": "m2",
    }
  `)
  const { port: rendezvous, clock } = opened({ kind: 'rendezvous' })
  const sending = refusal(() => rendezvous.send(note('m3'), { timeout: 250 }))
  await clock.advance(250)
  expect(await sending).toMatchInlineSnapshot(`
    {
      "channelId": "c",
      "code": "ALLORA204",
      "message": "Channel "c" did not take the message within 250 ms: nobody was there to receive it. Receive more often, or give the send more time.",
      "messageId": "m3",
    }
  `)
  const { port: direct } = opened({ kind: 'direct' })
  direct.consume({ name: 'a consumer' }, () => {}).pause()
  expect(await refusal(() => direct.send(note('m4'), { timeout: 0 }))).toMatchInlineSnapshot(`
    {
      "channelId": "c",
      "code": "ALLORA204",
      "message": "Channel "c" did not take the message at once: all its consumers are paused. Resume one, or give the send more time.",
      "messageId": "m4",
    }
  `)
  const { port: pubsub } = opened({ kind: 'pubsub', capacity: 1 })
  pubsub.consume({ name: 'a consumer' }, () => {}).pause()
  await pubsub.send(note('m5'))
  expect(await refusal(() => pubsub.send(note('m6'), { timeout: 0 }))).toMatchInlineSnapshot(`
    {
      "channelId": "c",
      "code": "ALLORA204",
      "message": "Channel "c" did not take the message at once: a subscriber has no room for it. Handle messages faster, raise its capacity, or give the send more time.",
      "messageId": "m6",
    }
  `)
})

test('E2: nobody to hand the message to', async () => {
  expect(await refusal(() => opened({ kind: 'direct' }).port.send(note('m1')))).toMatchInlineSnapshot(`
    {
      "channelId": "c",
      "code": "ALLORA201",
      "message": "Channel "c" has no consumer to hand the message to. Start a flow from it first, or make it a queue, which keeps messages until somebody comes.",
      "messageId": "m1",
    }
  `)
  expect(await refusal(() => opened({ kind: 'pubsub', minSubscribers: 2 }).port.send(note('m1'))))
    .toMatchInlineSnapshot(`
    {
      "channelId": "c",
      "code": "ALLORA201",
      "message": "Channel "c" has 0 of the 2 subscribers it needs. Start more flows from it first, or lower minSubscribers.",
      "messageId": "m1",
    }
  `)
})

test('E2: a second consumer of a direct channel', async () => {
  const { port } = opened({ kind: 'direct' })
  port.consume({ name: `flow 'a'` }, () => {})
  expect(await refusal(() => port.consume({ name: `flow 'b'` }, () => {}))).toMatchInlineSnapshot(`
    {
      "channelId": "c",
      "code": "ALLORA206",
      "message": "Channel "c" is direct and has one consumer already, flow 'a', so flow 'b' cannot consume from it. Set dispatch: 'roundRobin' or 'failover' to share it, or make it a pubsub channel to give both every message.",
    }
  `)
})

test('E2: C9: a credit that cannot be', async () => {
  const { port } = opened({ kind: 'queue' })
  expect(await refusal(() => port.consume({ name: `flow 'a'`, credit: 0 }, () => {}))).toMatchInlineSnapshot(`
    {
      "channelId": "c",
      "code": "ALLORA207",
      "message": "The credit of flow 'a' on channel "c" must be a whole number of at least 1, or Infinity, but it is 0. To stop deliveries for a while, call pause().",
    }
  `)
})

test('E2: C8: another order than the one that is kept', async () => {
  const { port } = opened({ kind: 'queue' })
  port.consume({ name: `flow 'a'`, orderBy: ({ id }) => id }, () => {})
  expect(await refusal(() => port.consume({ name: `flow 'b'`, orderBy: ({ payload }) => payload }, () => {})))
    .toMatchInlineSnapshot(`
    {
      "channelId": "c",
      "code": "ALLORA207",
      "message": "Channel "c" keeps order by the key of another consumer, so flow 'b' cannot have it keep order by its own. Give all consumers of the channel the same orderBy function, or stop the others first.",
    }
  `)
})

test('E2: nothing to take', async () => {
  expect(await refusal(() => opened({ kind: 'direct' }).port.take())).toMatchInlineSnapshot(`
    {
      "channelId": "c",
      "code": "ALLORA208",
      "message": "Channel "c" is direct and hands its messages to its consumers at once, so there is nothing to take. Consume from it, or make it a queue.",
    }
  `)
  expect(await refusal(() => opened({ kind: 'pubsub' }).port.purge())).toMatchInlineSnapshot(`
    {
      "channelId": "c",
      "code": "ALLORA208",
      "message": "Channel "c" is pubsub and hands its messages to its consumers at once, so there is nothing to purge. Consume from it, or make it a queue.",
    }
  `)
})

test('E2: sends to commit with an acknowledgement', async () => {
  const { port } = opened({ kind: 'queue' })
  await port.send(note('m1'))
  const delivery = port.tryTake()!
  const outputs = [{ channelId: 'd', message: note('m2') }]
  expect(await refusal(() => delivery.ack('settled', outputs))).toMatchInlineSnapshot(`
    {
      "channelId": undefined,
      "code": "ALLORA208",
      "message": "The memory transport has no transactions: it cannot commit sends together with an acknowledgement. Send first, then call ack() without outputs.",
      "messageId": "m1",
    }
  `)
  expect(delivery.ack('settled', [])).toBe(true)
})

test('E2: a channel that was not opened', async () => {
  const transport = memory()
  expect(await refusal(() => transport.port('orders'))).toMatchInlineSnapshot(`
    {
      "channelId": "orders",
      "code": "ALLORA209",
      "message": "The memory transport has no channel "orders"; it was opened with no channel. Open the channel before asking for its port.",
    }
  `)
  void transport.open(
    [
      { id: 'a', kind: 'queue' },
      { id: 'b', kind: 'direct' },
    ],
    openEnv(),
  )
  expect(await refusal(() => transport.port('orders'))).toMatchInlineSnapshot(`
    {
      "channelId": "orders",
      "code": "ALLORA209",
      "message": "The memory transport has no channel "orders"; it was opened with "a", "b". Open the channel before asking for its port.",
    }
  `)
})

test('E2: L2: a send that still waits when the runtime has stopped', async () => {
  const { port, transport } = opened({ kind: 'rendezvous' })
  const sending = refusal(() => port.send(note('m1')))
  await transport.close()
  expect(await sending).toMatchInlineSnapshot(`
    {
      "channelId": "c",
      "code": "ALLORA203",
      "message": "The runtime stopped before channel "c" took the message. Send it again to a runtime that runs, or stop its senders before the runtime.",
      "messageId": "m1",
    }
  `)
})

test('E2: L2: a message that is left unhandled when the runtime has stopped', async () => {
  const { port, transport } = opened({ kind: 'pubsub', await: 'handled' })
  port.consume({ name: 'a consumer' }, () => {})
  const sending = refusal(() => port.send(note('m1')))
  await transport.close()
  expect(await sending).toMatchInlineSnapshot(`
    {
      "channelId": "c",
      "code": "ALLORA203",
      "message": "The runtime stopped before the message in channel "c" was handled. The message is in the stop report.",
    }
  `)
})

test('E1: several failures are told as one', async () => {
  const { port } = opened({ kind: 'pubsub', await: 'handled' })
  const [first, second] = [new Error('first'), new Error('second')]
  for (const failure of [first, second]) {
    port.consume({ name: 'a consumer' }, (delivery) => {
      void delivery.ack('dead')
      throw failure
    })
  }
  const error = await Promise.resolve(port.send(note('m1'))).catch((reason: unknown) => reason)
  expect(error).toMatchInlineSnapshot(
    `[HandlersFailedError: 2 subscribers of channel "c" failed to handle the message. See the errors of this one.]`,
  )
  expect((error as HandlersFailedError).errors).toEqual([first, second])
})
