/** Node's streams in object mode: each step a Transform, back-pressure by `drain`, the last one read with an iterator. */
import { PassThrough, type Readable, Transform, type TransformCallback, type Writable } from 'node:stream'
import type { Peer } from '../contender.ts'
import { LimitMessage } from '../limit/message.ts'
import { CAPACITY, producersAndConsumers } from '../workloads/bounded-queue.ts'
import { roundRobin } from '../workloads/many-flows.ts'
import { type Turn, turns } from '../workloads/turns.ts'

type Service = (x: number) => number | Promise<number>

function transforming(service: Service): Transform {
  return new Transform({
    objectMode: true,
    transform({ payload }: LimitMessage, _, done) {
      const result = service(payload)
      if (typeof result === 'number') done(null, new LimitMessage(result))
      else void finish(result, done)
    },
  })
}

async function finish(result: Promise<number>, done: TransformCallback): Promise<void> {
  try {
    done(null, new LimitMessage(await result))
  } catch (error) {
    done(error as Error)
  }
}

/** Resolves when the message has been taken, that is, handled by a transform. */
const write = (stream: Writable, message: LimitMessage): Promise<void> =>
  new Promise((resolve, reject) => stream.write(message, (error) => (error ? reject(error) : resolve())))

function reading(stream: Readable): () => Promise<LimitMessage> {
  const iterator = stream[Symbol.asyncIterator]() as AsyncIterator<LimitMessage>
  return async () => (await iterator.next()).value as LimitMessage
}

function chained(services: readonly Service[]): Turn {
  const steps = services.map(transforming)
  for (let i = 1; i < steps.length; i++) steps[i - 1]!.pipe(steps[i]!)
  return {
    send: (payload) => write(steps[0]!, new LimitMessage(payload)),
    receive: reading(steps.at(-1)!),
  }
}

export const peer: Peer = {
  name: 'node streams',

  hello: (service) => turns(chained([service])),

  helloLater: (service) => turns(chained([service])),

  pipeline: (steps) => turns(chained(steps)),

  boundedQueue(pairs) {
    const work = new PassThrough({ objectMode: true, highWaterMark: CAPACITY / 2 })
    work.setMaxListeners(0)
    // One iterator: its `next` may be called by all consumers, and serves them in turn.
    const receive = reading(work)
    return producersAndConsumers(pairs, {
      async send(payload) {
        if (!work.write(new LimitMessage(payload))) await new Promise<void>((resolve) => work.once('drain', resolve))
      },
      receive,
    })
  },

  manyFlows: (count, service) => roundRobin(Array.from({ length: count }, () => chained([service]))),
}
