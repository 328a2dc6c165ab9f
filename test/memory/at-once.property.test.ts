/** A consumer that takes messages without a delivery, or lets its deliveries be used again, sees the channel do the very same. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type {
  AnyMessage,
  Consumer,
  SendOptions,
  Subscription,
  TakeAtOnce,
  TellSettled,
} from '../../src/transport/transport.ts'
import { RUNS, note, opened } from './rig.ts'

/** What a subscriber does with a message. */
type Act = 'settle' | 'keep' | 'work' | 'giveBack' | 'publish' | 'join' | 'pause' | 'stop' | 'throw'

/** What happens from outside. */
type Event = { readonly kind: 'send' | 'ackOldest' } | { readonly kind: 'resume'; readonly subscriber: number }

/** Messages that subscribers publish themselves, at most. */
const MOST_PUBLISHED = 5

/** Subscribers there are at most, with those that join meanwhile. */
const MOST_SUBSCRIBERS = 6

/** The channels that call consumers in the sender's stack. */
const CHANNELS = {
  pubsub: { kind: 'pubsub', capacity: 2 },
  direct: { kind: 'direct', dispatch: 'roundRobin' },
} as const

/** Plays a script and gives all that could be seen of it. */
async function play(
  channel: keyof typeof CHANNELS,
  events: readonly Event[],
  scripts: readonly (readonly Act[])[],
  quick: boolean,
): Promise<readonly string[]> {
  const log: string[] = []
  const { port } = opened(CHANNELS[channel], { onDropped: (_, { id }, reason) => log.push(`dropped ${id}: ${reason}`) })
  const kept: { ack(): unknown }[] = []
  const subscriptions: Subscription[] = []
  let sent = 0
  let published = 0
  const send = (): void => {
    const id = String(++sent)
    log.push(`sent ${id}: ${port.trySend(note(id))}`)
  }
  const join = (script: readonly Act[]): void => {
    const i = subscriptions.length
    let calls = 0
    const handle = ({ id }: AnyMessage, _?: SendOptions, tell?: TellSettled): Consumer | Promise<void> | undefined => {
      const act = script[calls++ % script.length]!
      log.push(`${i} got ${id}, ${act}: ${JSON.stringify(port.stats)}`)
      if (act === 'keep') return (delivery) => void kept.push(delivery)
      if (act === 'work' && tell !== undefined) {
        kept.push({ ack: () => (tell('settled'), true) })
        return never
      }
      if (act === 'work') return (delivery) => (kept.push(delivery), never)
      if (act === 'giveBack') return (delivery) => void (delivery.attempt === 1 ? delivery.nack() : delivery.ack())
      if (act === 'throw') return fail
      if (act === 'publish' && ++published <= MOST_PUBLISHED) send()
      if (act === 'join' && subscriptions.length < MOST_SUBSCRIBERS) join(script)
      if (act === 'pause') subscriptions[i]!.pause()
      if (act === 'stop') void subscriptions[i]!.stop()
      return undefined
    }
    const consumer: Consumer = (delivery) => {
      const rest = (handle as TakeAtOnce)(delivery.message)
      return rest === undefined ? void delivery.ack() : rest(delivery)
    }
    const options = { name: `subscriber ${i}`, credit: 1 + (i % 2) }
    subscriptions.push(
      port.consume(quick ? { ...options, atOnce: handle as TakeAtOnce, forgets: true } : options, consumer),
    )
  }
  scripts.forEach(join)
  for (const event of events) {
    if (event.kind === 'resume') subscriptions[event.subscriber % scripts.length]!.resume()
    else if (event.kind === 'send') send()
    else log.push(`acked: ${String(kept.shift()?.ack())}`)
    log.push(JSON.stringify(port.stats))
    // What was given back comes again.
    await Promise.resolve()
  }
  return log
}

const never = new Promise<void>(() => {})

const fail: Consumer = (delivery) => {
  void delivery.ack()
  throw new Error('told to nobody')
}

test.each(['pubsub', 'direct'] as const)(
  'C6, C10: taking messages of a %s channel at once changes nothing but the cost',
  async (channel) => {
    const act = fc.constantFrom<Act>(
      'settle',
      'settle',
      'keep',
      'work',
      'giveBack',
      'publish',
      'join',
      'pause',
      'stop',
      'throw',
    )
    const event = fc.oneof(
      { weight: 4, arbitrary: fc.constant<Event>({ kind: 'send' }) },
      fc.constant<Event>({ kind: 'ackOldest' }),
      fc.record({ kind: fc.constant('resume' as const), subscriber: fc.nat(3) }),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 20 }),
        fc.array(fc.array(act, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 }),
        async (events, scripts) => {
          expect(await play(channel, events, scripts, true)).toEqual(await play(channel, events, scripts, false))
        },
      ),
      RUNS,
    )
  },
)
