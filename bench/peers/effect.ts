/** Effect: fibers, its own queue, topic and deferred. Each send and receive is an effect run to a promise, as callers outside do. */
import { Deferred, Effect, PubSub, Queue, Scope } from 'effect'
import type { Peer } from '../contender.ts'
import { LimitMessage } from '../limit/message.ts'
import { producersAndConsumers } from '../workloads/bounded-queue.ts'
import { roundRobin } from '../workloads/many-flows.ts'
import { branchOf, branches, isOpen, linesOf, orderTurns, total } from '../workloads/orders.ts'
import { publishing, tally } from '../workloads/pubsub.ts'
import { requesters } from '../workloads/requests.ts'
import { type Turn, turns } from '../workloads/turns.ts'

type Step = (x: number) => number

const bounded = <M = LimitMessage>(): Promise<Queue.Queue<M>> => Effect.runPromise(Queue.bounded<M>(1_024))

async function chained(steps: readonly Step[]): Promise<Turn> {
  const output = await bounded()
  return {
    send(payload) {
      let effect = Effect.succeed(new LimitMessage(payload))
      for (const step of steps) effect = Effect.map(effect, (message) => new LimitMessage(step(message.payload)))
      return Effect.runPromise(Effect.flatMap(effect, (message) => Queue.offer(output, message)))
    },
    receive: () => Effect.runPromise(Queue.take(output)),
  }
}

export const peer: Peer = {
  name: 'effect',
  package: 'effect',

  hello: async (service) => turns(await chained([service])),

  async helloLater(service) {
    const output = await bounded()
    return turns({
      send: (payload) =>
        Effect.succeed(new LimitMessage(payload)).pipe(
          Effect.flatMap((message) => Effect.promise(() => service(message.payload))),
          Effect.flatMap((value) => Queue.offer(output, new LimitMessage(value))),
          Effect.runPromise,
        ),
      receive: () => Effect.runPromise(Queue.take(output)),
    })
  },

  pipeline: async (steps) => turns(await chained(steps)),

  async orders() {
    const output = await bounded()
    const lineOf = (line: number) =>
      Effect.map(Effect.succeed(new LimitMessage(line)), ({ payload }) => branches[branchOf(payload)](payload))
    return orderTurns(
      (order) =>
        Effect.succeed(new LimitMessage(order)).pipe(
          Effect.flatMap((message) =>
            isOpen(message.payload)
              ? Effect.forEach(linesOf(message.payload), lineOf).pipe(
                  Effect.flatMap((lines) => Queue.offer(output, new LimitMessage(total(lines)))),
                )
              : Effect.succeed(true),
          ),
          Effect.runPromise,
        ),
      () => Effect.runPromise(Queue.take(output)),
    )
  },

  async boundedQueue(pairs) {
    const work = await bounded()
    return producersAndConsumers(pairs, {
      send: (payload) => Effect.runPromise(Queue.offer(work, new LimitMessage(payload))),
      receive: () => Effect.runPromise(Queue.take(work)),
    })
  },

  async pubsub(subscribers) {
    const topic = await Effect.runPromise(PubSub.bounded<LimitMessage>(1_024))
    const scope = await Effect.runPromise(Scope.make())
    const tallies = tally(subscribers)
    for (const each of tallies) {
      const subscription = await Effect.runPromise(Scope.provide(PubSub.subscribe(topic), scope))
      Effect.runFork(Effect.forever(Effect.map(PubSub.take(subscription), ({ payload }) => each.add(payload))))
    }
    return publishing(tallies, (payload) => Effect.runPromise(PubSub.publish(topic, new LimitMessage(payload))))
  },

  async requests(service, inFlight) {
    const questions = await bounded<{ readonly message: LimitMessage; readonly reply: Deferred.Deferred<number> }>()
    const serve = Queue.take(questions).pipe(
      Effect.flatMap(({ message, reply }) =>
        Effect.forkDetach(
          Effect.flatMap(
            Effect.promise(() => service(message.payload)),
            (value) => Deferred.succeed(reply, value),
          ),
        ),
      ),
      Effect.forever,
    )
    Effect.runFork(serve)
    return requesters(
      inFlight,
      (payload) =>
        Deferred.make<number>().pipe(
          Effect.flatMap((reply) =>
            Effect.flatMap(Queue.offer(questions, { message: new LimitMessage(payload), reply }), () =>
              Deferred.await(reply),
            ),
          ),
          Effect.runPromise,
        ),
      (reply) => reply,
    )
  },

  async manyFlows(count, service) {
    const flows: Turn[] = []
    for (let i = 0; i < count; i++) flows.push(await chained([service]))
    return roundRobin(flows)
  },

  async backlog() {
    const work = await Effect.runPromise(Queue.unbounded<LimitMessage>())
    return {
      send: (payload) => Effect.runPromise(Queue.offer(work, new LimitMessage(payload))),
      receive: () => Effect.runPromise(Queue.take(work)),
    }
  },
}
