/** W5 order and memory: what a message costs when many are buffered. */
import { app, flow, queue, runtime } from 'allora'
import { median } from '../measure.ts'

/** What a backlog of `buffered` messages costs. */
export interface Backlog {
  readonly buffered: number
  /** Nanoseconds of CPU for one receive and one send. */
  readonly nanoseconds: number
  /** Bytes of heap a buffered message, id and timestamp included. */
  readonly bytes: number
}

const PAIRS = 100_000
const ROUNDS = 5

/** Fills a queue, then receives and sends in turn. */
export async function backlog(buffered: number): Promise<Backlog> {
  const elsewhere = flow('elsewhere')
    .from(queue('elsewhere').of<number>())
    .to(queue('work', { capacity: Infinity }).of<number>())
    .build()
  await using rt = await runtime(app(elsewhere)).start()
  const channel = rt.channel('work')
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < buffered; i++) await channel.send(i)
  globalThis.gc?.()
  const bytes = (process.memoryUsage().heapUsed - before) / buffered
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage()
    for (let i = 0; i < PAIRS; i++) {
      await channel.receive()
      await channel.send(i)
    }
    const { user, system } = process.cpuUsage(start)
    times.push(((user + system) * 1_000) / PAIRS)
  }
  await channel.purge()
  return { buffered, nanoseconds: median(times), bytes }
}
