/** A process of its own for W5order and memory: hand-written code and one contender, each with many messages buffered. */
import type { Buffer } from '../contender.ts'
import { type Effort, cpuOf, median } from '../measure.ts'
import { contenderNamed } from '../peers.ts'
import { answer } from '../process.ts'
import { limit } from '../workloads.ts'

/** How much to buffer. */
export interface BacklogOrder extends Effort {
  readonly contender: string
  readonly buffered: number
}

/** What a buffered message costs. */
export interface BacklogCost {
  /** Nanoseconds of CPU for one receive and one send, by hand. */
  readonly limit: number
  readonly nanoseconds: number
  /** To the hand-written code. */
  readonly ratio: number
  /** Bytes of heap a buffered message. */
  readonly limitBytes: number
  readonly bytes: number
}

await answer(async ({ contender, buffered, ...effort }: BacklogOrder): Promise<BacklogCost> => {
  const peer = await contenderNamed(contender)
  const hand = await limit.backlog!()
  const theirs = await peer.backlog!()
  const limitBytes = await fill(hand, buffered)
  const bytes = await fill(theirs, buffered)
  const [limits, times] = await alternate([hand, theirs], effort)
  const ratio = median(times!.map((time, round) => time / limits![round]!))
  return { limit: median(limits!), nanoseconds: median(times!), ratio, limitBytes, bytes }
})

/** Bytes a message, once garbage is gone. What little a runtime itself takes is spread over all. */
async function fill(buffer: Buffer, count: number): Promise<number> {
  // Code that is compiled on the way is no part of a message.
  for (let i = 0; i < 1_000; i++) await buffer.send(i)
  for (let i = 0; i < 1_000; i++) await buffer.receive()
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < count; i++) await buffer.send(i)
  globalThis.gc?.()
  return (process.memoryUsage().heapUsed - before) / count
}

/** Nanoseconds for a receive and a send, by buffer and round. */
async function alternate(
  buffers: readonly Buffer[],
  { rounds, slice, warmUp: milliseconds }: Effort,
): Promise<number[][]> {
  const times = buffers.map((): number[] => [])
  const pairs: number[] = []
  for (const buffer of buffers) pairs.push(await warmUp(buffer, slice, milliseconds))
  for (let round = 0; round < rounds; round++) {
    for (const [index, buffer] of buffers.entries()) times[index]!.push(await exchange(buffer, pairs[index]!))
  }
  return times
}

/** Gives how many pairs take about `slice` milliseconds. */
async function warmUp(buffer: Buffer, slice: number, milliseconds: number): Promise<number> {
  let pairs = 100
  let each = 0
  for (let spent = 0; spent < milliseconds * 1_000_000; spent += pairs * each) {
    each = await exchange(buffer, pairs)
    if (pairs * each < slice * 1_000_000) pairs *= 2
  }
  return pairs
}

async function exchange(buffer: Buffer, pairs: number): Promise<number> {
  const nanoseconds = await cpuOf(async () => {
    for (let i = 0; i < pairs; i++) {
      await buffer.receive()
      await buffer.send(i)
    }
  })
  return nanoseconds / pairs
}
