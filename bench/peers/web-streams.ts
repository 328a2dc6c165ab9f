/** Web streams: TransformStream, its writer and its reader. */
import { TransformStream, type ReadableStream } from 'node:stream/web'
import type { Peer } from '../contender.ts'
import { LimitMessage } from '../limit/message.ts'
import { CAPACITY, producersAndConsumers } from '../workloads/bounded-queue.ts'
import { roundRobin } from '../workloads/many-flows.ts'
import { type Turn, turns } from '../workloads/turns.ts'

type Service = (x: number) => number | Promise<number>

const transforming = (service: Service): TransformStream<LimitMessage, LimitMessage> =>
  new TransformStream({
    async transform({ payload }, controller) {
      controller.enqueue(new LimitMessage(await service(payload)))
    },
  })

const transformingAtOnce = (service: (x: number) => number): TransformStream<LimitMessage, LimitMessage> =>
  new TransformStream({
    transform: ({ payload }, controller) => controller.enqueue(new LimitMessage(service(payload))),
  })

/** The send is not awaited by itself: without a buffer, a writer waits for the reader. */
function ends(input: TransformStream<LimitMessage, LimitMessage>, output: ReadableStream<LimitMessage>): Turn {
  const writer = input.writable.getWriter()
  const reader = output.getReader()
  return {
    async send(payload) {
      void writer.write(new LimitMessage(payload))
    },
    receive: async () => (await reader.read()).value!,
  }
}

const hello = (service: (x: number) => number): Turn => {
  const stream = transformingAtOnce(service)
  return ends(stream, stream.readable)
}

const buffered = (capacity: number): Turn => {
  const work = new TransformStream<LimitMessage, LimitMessage>({}, undefined, { highWaterMark: capacity })
  const writer = work.writable.getWriter()
  const reader = work.readable.getReader()
  return {
    send: (payload) => writer.write(new LimitMessage(payload)),
    receive: async () => (await reader.read()).value!,
  }
}

export const peer: Peer = {
  name: 'web streams',

  hello: (service) => turns(hello(service)),

  helloLater(service) {
    const stream = transforming(service)
    return turns(ends(stream, stream.readable))
  },

  pipeline(steps) {
    const [first, ...rest] = steps.map(transformingAtOnce)
    const output = rest.reduce((readable, step) => readable.pipeThrough(step), first!.readable)
    return turns(ends(first!, output))
  },

  boundedQueue: (pairs) => producersAndConsumers(pairs, buffered(CAPACITY)),

  manyFlows: (count, service) => roundRobin(Array.from({ length: count }, () => hello(service))),

  backlog: () => buffered(Infinity),
}
