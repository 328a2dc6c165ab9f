/** Moleculer: a broker of services in one process. Actions reply; events go to every subscriber. */
import { type Context, ServiceBroker } from 'moleculer'
import type { Contender, Peer } from '../contender.ts'
import { LimitMessage } from '../limit/message.ts'
import { LimitQueue } from '../limit/queue.ts'
import { publishing, tally } from '../workloads/pubsub.ts'
import { requesters } from '../workloads/requests.ts'
import { turns } from '../workloads/turns.ts'

interface Parameters {
  readonly payload: number
}

const broker = (): ServiceBroker => new ServiceBroker({ logger: false })

const hello = async (service: (x: number) => unknown): Promise<Contender> => {
  const output = new LimitQueue<LimitMessage>()
  const services = broker()
  services.createService({
    name: 'hello',
    actions: {
      async input({ params }: Context<Parameters>) {
        void output.put(new LimitMessage((await service(params.payload)) as number))
      },
    },
  })
  await services.start()
  return turns({ send: (payload) => services.call('hello.input', { payload }), receive: () => output.receive() })
}

export const peer: Peer = {
  name: 'moleculer',
  package: 'moleculer',

  hello,

  helloLater: hello,

  async pubsub(subscribers) {
    const services = broker()
    const tallies = tally(subscribers)
    for (const [i, each] of tallies.entries()) {
      services.createService({
        name: `subscriber${i}`,
        events: { topic: ({ params }: Context<Parameters>) => each.add(params.payload) },
      })
    }
    await services.start()
    return publishing(tallies, (payload) => services.emit('topic', { payload }))
  },

  async requests(service, inFlight) {
    const services = broker()
    services.createService({
      name: 'replying',
      actions: { question: ({ params }: Context<Parameters>) => service(params.payload) },
    })
    await services.start()
    return requesters(
      inFlight,
      (payload) => services.call<number, Parameters>('replying.question', { payload }),
      (reply) => reply,
    )
  },
}
