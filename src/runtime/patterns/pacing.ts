/** Steps that take time on purpose: delay and throttle (rule T11). */
import { unusableResult } from '../../errors/unusable-result.ts'
import type { DelayNode, ThrottleNode } from '../../graph/graph.ts'
import type { Behaviour } from '../behaviour.ts'
import { SUSPENDED, type Step } from '../step.ts'
import { calling } from './calling.ts'
import { sendLast } from './sending.ts'

/**
 * `delay`: the message waits in the node's own channel, so others pass it meanwhile, and it survives the process where the
 * transport does. What is due now, or was due before, goes straight on.
 */
export function delay(of: Behaviour, step: Step, node: DelayNode): void {
  const channel = of.channel(node.channel)
  calling(step, of.optional(node.service) ?? (() => node.duration), (frame, wait) => {
    if (!Number.isFinite(wait))
      throw unusableResult(
        'The function of delay',
        'milliseconds as a finite number',
        wait,
        'Give 0 for a message that goes straight on; one that must not go on at all is filtered.',
      )
    return Number(wait) > 0 ? sendLast(frame, channel, frame.message, { delay: Number(wait) }) : step.next
  })
}

/**
 * `throttle`: a message passes `per` milliseconds after the one that passed `rate` messages before it, or now. Whoever comes too
 * early waits its turn here, and is held in the flow, so the pace reaches the sender.
 */
export function throttle({ host }: Behaviour, step: Step, { rate, per }: ThrottleNode): void {
  const passes: number[] = []
  let oldest = 0
  step.enter = (frame) => {
    const now = host.clock.now()
    const turn = Math.max(now, (passes[oldest] ?? -Infinity) + per)
    passes[oldest] = turn
    oldest = (oldest + 1) % rate
    if (turn === now) return step.next
    frame.pending = host.sleep(turn - now)
    return SUSPENDED
  }
  step.resume = () => step.next
}
