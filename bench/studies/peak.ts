/** A process of its own that sends a million messages through a bounded queue, to see the most memory it ever takes. */
import { contenderNamed } from '../peers.ts'
import { answer } from '../process.ts'
import { limit } from '../workloads.ts'

/** Who does it. */
export interface PeakOrder {
  readonly contender: string
  readonly messages: number
}

/** MiB of resident memory, the compiler and this benchmark included. */
export type Peak = number

await answer(async ({ contender, messages }: PeakOrder): Promise<Peak> => {
  const peer = contender === limit.name ? limit : await contenderNamed(contender)
  const queue = await peer.boundedQueue!(1)
  await queue.run(messages)
  return process.resourceUsage().maxRSS / 1_024
})
