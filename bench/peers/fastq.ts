/** fastq: a worker queue with promises. Its queue is before the worker and has no bound; what the worker makes goes to the hand-written queue. */
import fastq from 'fastq'
import type { Peer } from '../contender.ts'
import { LimitMessage } from '../limit/message.ts'
import { LimitQueue } from '../limit/queue.ts'
import { roundRobin } from '../workloads/many-flows.ts'
import { requesters } from '../workloads/requests.ts'
import { type Turn, turns } from '../workloads/turns.ts'

function served(service: (x: number) => number): Turn {
  const output = new LimitQueue<LimitMessage>()
  const worker = async ({ payload }: LimitMessage): Promise<void> => void output.put(new LimitMessage(service(payload)))
  const input = fastq.promise(worker, 1)
  return { send: (payload) => input.push(new LimitMessage(payload)), receive: () => output.receive() }
}

export const peer: Peer = {
  name: 'fastq',
  package: 'fastq',

  hello: (service) => turns(served(service)),

  helloLater(service) {
    const output = new LimitQueue<LimitMessage>()
    const worker = async ({ payload }: LimitMessage): Promise<void> =>
      void output.put(new LimitMessage(await service(payload)))
    const input = fastq.promise(worker, 1)
    return turns({ send: (payload) => input.push(new LimitMessage(payload)), receive: () => output.receive() })
  },

  requests(service, inFlight) {
    const input = fastq.promise(({ payload }: LimitMessage) => service(payload), inFlight)
    return requesters(
      inFlight,
      (payload) => input.push(new LimitMessage(payload)),
      (reply) => reply,
    )
  },

  manyFlows: (count, service) => roundRobin(Array.from({ length: count }, () => served(service))),
}
