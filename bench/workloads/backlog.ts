/** W5order and memory: a queue that is far behind. */
import { app, flow, queue, runtime } from 'allora'
import type { Tasks } from '../contender.ts'
import { LimitMessage } from '../limit/message.ts'
import { LimitQueue } from '../limit/queue.ts'

/** By hand. */
export const limit: Pick<Tasks, 'backlog'> = {
  backlog() {
    const work = new LimitQueue<LimitMessage>(Infinity)
    return { send: (payload) => work.send(new LimitMessage(payload)), receive: () => work.receive() }
  },
}

/** With Allora. */
export const allora: Pick<Tasks, 'backlog'> = {
  async backlog() {
    const elsewhere = flow('elsewhere')
      .from(queue('elsewhere').of<number>())
      .to(queue('work', { capacity: Infinity }).of<number>())
      .build()
    const rt = await runtime(app(elsewhere)).start()
    const work = rt.channel('work')
    return { send: (payload) => work.send(payload), receive: () => work.receive() }
  },
}
