/** Node's EventEmitter; `eventemitter3` has the same interface and uses this too. */
import { EventEmitter } from 'node:events'
import type { Order, Peer } from '../contender.ts'
import { type Headers, LimitMessage } from '../limit/message.ts'
import { LimitQueue } from '../limit/queue.ts'
import { roundRobin } from '../workloads/many-flows.ts'
import { branchOf, branches, isOpen, linesOf, orderTurns, total } from '../workloads/orders.ts'
import { publishing, tally } from '../workloads/pubsub.ts'
import { requesters } from '../workloads/requests.ts'
import { type Turn, turns } from '../workloads/turns.ts'

interface Emitter {
  // As both libraries declare it.
  on(event: string, listener: (...args: any[]) => unknown): unknown
  emit(event: string, ...args: unknown[]): unknown
}

/** Events take messages from step to step; a queue, which no emitter has, is the hand-written one. */
export function emitting(create: () => Emitter): Omit<Peer, 'name'> {
  const hello = (service: (x: number) => number): Turn => {
    const events = create()
    const output = new LimitQueue<LimitMessage>()
    events.on('input', ({ payload }: LimitMessage) => events.emit('output', new LimitMessage(service(payload))))
    events.on('output', (message: LimitMessage) => void output.put(message))
    return {
      // Asynchronous, as what it throws has to reject.
      send: async (payload) => void events.emit('input', new LimitMessage(payload)),
      receive: () => output.receive(),
    }
  }
  return {
    hello: (service) => turns(hello(service)),

    helloLater(service) {
      const events = create()
      const output = new LimitQueue<LimitMessage>()
      events.on('input', async ({ payload }: LimitMessage, done: () => void, failed: (error: unknown) => void) => {
        try {
          events.emit('output', new LimitMessage(await service(payload)))
          done()
        } catch (error) {
          failed(error)
        }
      })
      events.on('output', (message: LimitMessage) => void output.put(message))
      return turns({
        send: (payload) =>
          new Promise<void>((resolve, reject) => events.emit('input', new LimitMessage(payload), resolve, reject)),
        receive: () => output.receive(),
      })
    },

    pipeline(steps) {
      const events = create()
      const output = new LimitQueue<LimitMessage>()
      for (const [i, step] of steps.entries()) {
        const next = `step ${i + 1}`
        events.on(`step ${i}`, ({ payload }: LimitMessage) => events.emit(next, new LimitMessage(step(payload))))
      }
      events.on(`step ${steps.length}`, (message: LimitMessage) => void output.put(message))
      return turns({
        send: async (payload) => void events.emit('step 0', new LimitMessage(payload)),
        receive: () => output.receive(),
      })
    },

    orders() {
      const events = create()
      const output = new LimitQueue<LimitMessage>()
      const groups = new Map<string, number[]>()
      events.on('order', (message: LimitMessage<Order>) => {
        if (!isOpen(message.payload)) return
        const lines = linesOf(message.payload)
        const headers: Headers = { correlationId: message.id, size: lines.length }
        for (const line of lines) events.emit(branchOf(line), new LimitMessage(line, headers))
      })
      for (const [name, branch] of Object.entries(branches)) {
        events.on(name, ({ payload, headers }: LimitMessage) => {
          events.emit('line', new LimitMessage(branch(payload), headers))
        })
      }
      events.on('line', ({ payload, headers }: LimitMessage) => {
        const id = headers.correlationId!
        let group = groups.get(id)
        if (group === undefined) groups.set(id, (group = []))
        if (group.push(payload) < headers.size!) return
        groups.delete(id)
        void output.put(new LimitMessage(total(group)))
      })
      return orderTurns(
        async (order) => void events.emit('order', new LimitMessage(order)),
        () => output.receive(),
      )
    },

    pubsub(subscribers) {
      const events = create()
      const tallies = tally(subscribers)
      if (events instanceof EventEmitter) events.setMaxListeners(0)
      let failures = 0
      for (const each of tallies) {
        events.on('topic', ({ payload }: LimitMessage) => {
          // An emitter stops at the first listener that throws.
          try {
            each.add(payload)
          } catch {
            failures++
          }
        })
      }
      return publishing(tallies, async (payload) => {
        events.emit('topic', new LimitMessage(payload))
        return failures
      })
    },

    requests(service, inFlight) {
      const events = create()
      const pending = new Map<number, { resolve(payload: number): void; reject(error: unknown): void }>()
      let asked = 0
      events.on('request', async (id: number, { payload }: LimitMessage) => {
        try {
          events.emit('reply', id, await service(payload))
        } catch (error) {
          pending.get(id)?.reject(error)
          pending.delete(id)
        }
      })
      events.on('reply', (id: number, reply: number) => {
        pending.get(id)?.resolve(reply)
        pending.delete(id)
      })
      return requesters(
        inFlight,
        (payload) =>
          new Promise<number>((resolve, reject) => {
            const id = ++asked
            pending.set(id, { resolve, reject })
            events.emit('request', id, new LimitMessage(payload))
          }),
        (reply) => reply,
      )
    },

    manyFlows: (count, service) => roundRobin(Array.from({ length: count }, () => hello(service))),
  }
}

/** Node's own. */
export const peer: Peer = { name: 'node EventEmitter', ...emitting(() => new EventEmitter()) }
