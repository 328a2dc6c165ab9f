/** RxJS: subjects and operators. It has no back-pressure and no queue, so the queue is the hand-written one. */
import { Subject, concatMap, filter, from, groupBy, map, mergeMap, type Observable, take, toArray } from 'rxjs'
import type { Order, Peer } from '../contender.ts'
import { type Headers, LimitMessage } from '../limit/message.ts'
import { LimitQueue } from '../limit/queue.ts'
import { roundRobin } from '../workloads/many-flows.ts'
import { branchOf, branches, isOpen, linesOf, orderTurns, total } from '../workloads/orders.ts'
import { publishing, tally } from '../workloads/pubsub.ts'
import { requesters } from '../workloads/requests.ts'
import { type Turn, turns } from '../workloads/turns.ts'

type Step = (x: number) => number

const stepped = (step: Step) => map(({ payload }: LimitMessage) => new LimitMessage(step(payload)))

function chained(steps: readonly Step[]): Turn {
  const input = new Subject<LimitMessage>()
  const output = new LimitQueue<LimitMessage>()
  const chain = steps.reduce<Observable<LimitMessage>>((source, step) => source.pipe(stepped(step)), input)
  chain.subscribe((message) => void output.put(message))
  return {
    send: async (payload) => input.next(new LimitMessage(payload)),
    receive: () => output.receive(),
  }
}

interface Asked {
  readonly message: LimitMessage
  readonly resolve: (reply: number) => void
}

export const peer: Peer = {
  name: 'rxjs',
  package: 'rxjs',

  hello: (service) => turns(chained([service])),

  helloLater(service) {
    const input = new Subject<{ message: LimitMessage; resolve: () => void }>()
    const output = new LimitQueue<LimitMessage>()
    input
      .pipe(
        concatMap(async ({ message, resolve }) => ({
          message: new LimitMessage(await service(message.payload)),
          resolve,
        })),
      )
      .subscribe(({ message, resolve }) => {
        void output.put(message)
        resolve()
      })
    return turns({
      send: (payload) => new Promise<void>((resolve) => input.next({ message: new LimitMessage(payload), resolve })),
      receive: () => output.receive(),
    })
  },

  pipeline: (steps) => turns(chained(steps)),

  orders() {
    const input = new Subject<LimitMessage<Order>>()
    const output = new LimitQueue<LimitMessage>()
    input
      .pipe(
        filter(({ payload }) => isOpen(payload)),
        mergeMap((message) => {
          const lines = linesOf(message.payload)
          const headers: Headers = { correlationId: message.id, size: lines.length }
          return from(lines).pipe(
            map((line) => new LimitMessage(line, headers)),
            groupBy(({ payload }) => branchOf(payload)),
            mergeMap((branch) => branch.pipe(stepped(branches[branch.key]))),
            map(({ payload }) => payload),
            take(lines.length),
            toArray(),
          )
        }),
        map((lines) => new LimitMessage(total(lines))),
      )
      .subscribe((message) => void output.put(message))
    return orderTurns(
      async (order) => input.next(new LimitMessage(order)),
      () => output.receive(),
    )
  },

  pubsub(subscribers) {
    const topic = new Subject<LimitMessage>()
    const tallies = tally(subscribers)
    for (const each of tallies) topic.subscribe(({ payload }) => each.add(payload))
    return publishing(tallies, async (payload) => topic.next(new LimitMessage(payload)))
  },

  requests(service, inFlight) {
    const asked = new Subject<Asked>()
    asked
      .pipe(mergeMap(async ({ message, resolve }) => ({ reply: await service(message.payload), resolve })))
      .subscribe(({ reply, resolve }) => resolve(reply))
    return requesters(
      inFlight,
      (payload) => new Promise<number>((resolve) => asked.next({ message: new LimitMessage(payload), resolve })),
      (reply) => reply,
    )
  },

  manyFlows: (count, service) => roundRobin(Array.from({ length: count }, () => chained([service]))),
}
