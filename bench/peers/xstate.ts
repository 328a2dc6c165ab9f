/** XState: actors. A send is an event to an actor; what an actor makes it sends on. */
import { createActor, fromTransition } from 'xstate'
import type { Peer } from '../contender.ts'
import { LimitMessage } from '../limit/message.ts'
import { LimitQueue } from '../limit/queue.ts'
import { roundRobin } from '../workloads/many-flows.ts'
import { publishing, tally } from '../workloads/pubsub.ts'
import { type Turn, turns } from '../workloads/turns.ts'

interface Arrival {
  readonly type: 'arrival'
  readonly message: LimitMessage
}

/** An actor for each step; the last one sends to `emit`. Gives what sends to the first. */
function chain(
  steps: readonly ((x: number) => number)[],
  emit: (message: LimitMessage) => void,
): (event: Arrival) => void {
  let next: (event: Arrival) => void = ({ message }) => emit(message)
  for (const step of steps.toReversed()) {
    const forward = next
    const actor = createActor(
      fromTransition((count: number, { message }: Arrival) => {
        forward({ type: 'arrival', message: new LimitMessage(step(message.payload)) })
        return count + 1
      }, 0),
    ).start()
    next = (event) => actor.send(event)
  }
  return next
}

function chained(steps: readonly ((x: number) => number)[]): Turn {
  const output = new LimitQueue<LimitMessage>()
  const first = chain(steps, (message) => void output.put(message))
  return {
    send: async (payload) => first({ type: 'arrival', message: new LimitMessage(payload) }),
    receive: () => output.receive(),
  }
}

export const peer: Peer = {
  name: 'xstate',
  package: 'xstate',

  hello: (service) => turns(chained([service])),

  pipeline: (steps) => turns(chained(steps)),

  pubsub(subscribers) {
    const tallies = tally(subscribers)
    const topic = createActor(fromTransition((_: LimitMessage, { message }: Arrival) => message, new LimitMessage(0)))
    // Subscribed before it starts: a subscriber then is told only what comes.
    for (const each of tallies) topic.subscribe(({ context }) => each.add(context.payload))
    topic.start()
    return publishing(tallies, async (payload) => topic.send({ type: 'arrival', message: new LimitMessage(payload) }))
  },

  manyFlows: (count, service) => roundRobin(Array.from({ length: count }, () => chained([service]))),
}
